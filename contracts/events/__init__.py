"""What can be said, one module a subject area. A type is its content class: each field with its tier."""
