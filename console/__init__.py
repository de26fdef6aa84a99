"""The console: read models as pages, for those who may see them. It reads projections, and never writes them."""
