"""The closed vocabulary: every code that a field may hold, one module a subject.

There is no free text in any field. What a code cannot say is said between people, and the pointer says where.
"""
