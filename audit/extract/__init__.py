"""The only pass over text: kernels turn each batch of comparisons into integer columns."""
