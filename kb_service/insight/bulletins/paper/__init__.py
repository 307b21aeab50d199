"""Printing a bulletin: DOCX in the layout of GB/T 9704, XLSX with the numbers. The same content gives the same bytes."""
