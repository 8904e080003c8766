//! Input structures that grow: they begin with their own size, so that old programs and new libraries fit together.

use crate::error::{Failure, hygea_error};
use crate::pointer::shared;
use crate::status::HYGEA_E_STRUCT_SIZE;
use std::mem::MaybeUninit;
use std::ptr;

/// No structure of ours will ever be larger; a larger size is memory that was not initialised.
const MAX_SIZE: usize = 4096;

/// A structure of the C header whose first member is `struct_size`.
///
/// # Safety
/// The type is `repr(C)`, begins with a `usize` that holds its size, and all bytes zero are a valid value of it.
pub(crate) unsafe trait Growing: Copy {
    /// The size that the structure had when it was first published.
    const FIRST_SIZE: usize;
}

/// Reads a structure as far as its writer knew it; members that he did not know are zero.
///
/// # Safety
/// `pointer` is NULL or points at a structure of as many bytes as its first member says.
pub(crate) unsafe fn sized<T: Growing>(pointer: *const T, what: &str) -> Result<T, Failure> {
    // SAFETY: the first member is a `usize`, and the caller promises that it is there.
    let size = *unsafe { shared(pointer.cast::<usize>(), what) }?;
    if size < T::FIRST_SIZE || size > MAX_SIZE {
        let wanted = size_of::<T>();
        let message =
            format!("struct_size of {what} is to be sizeof of the structure, {wanted} in this version");
        return Err(hygea_error::own(HYGEA_E_STRUCT_SIZE, message));
    }
    // SAFETY: the caller promises `size` bytes, of which the loop reads those behind the ones we know.
    let unknown = (size_of::<T>()..size).any(|at| unsafe { pointer.cast::<u8>().add(at).read() } != 0);
    if unknown {
        let message = format!("{what} uses members that this version of the library does not know");
        return Err(hygea_error::own(HYGEA_E_STRUCT_SIZE, message));
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: both sides have at least this many bytes and do not overlap; zeros and the writer's members are a valid value.
    unsafe {
        ptr::copy_nonoverlapping(
            pointer.cast::<u8>(),
            value.as_mut_ptr().cast::<u8>(),
            size.min(size_of::<T>()),
        );
        Ok(value.assume_init())
    }
}
