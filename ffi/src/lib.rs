//! libhygea: the C library.
