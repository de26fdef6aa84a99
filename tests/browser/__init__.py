"""The console in a real browser: Debian's Chromium, driven by Playwright. Where there is none, these are skipped."""
