"""An adapter's ways over HTTP: commands come in, and what is told goes out, on request, as a stream, or to webhooks."""
