"""Any supported container and layout becomes batches of canonical comparisons; bad rows are set aside with reasons."""
