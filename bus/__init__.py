"""The post office: it carries letters and keeps the log, and knows no agency's rules."""
