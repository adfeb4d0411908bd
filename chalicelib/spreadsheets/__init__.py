"""Workbooks (XLSX, ECMA-376) as streams: read row by row, from any row on, and written in parts."""
