//! Programs that use the libraries as their users do.
