//! The main door: an engine on one folder of files, requests in, responses out.

use crate::entry::{Poison, entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared};
use crate::request::{Parts, hygea_call, hygea_request, read_call};
use crate::response::hygea_response;
use crate::sized::{Growing, sized};
use crate::status::{HYGEA_E_ARGUMENT, hygea_status};
use crate::text::hygea_str;
use hygea_service::{Engine, FolderStorage, MemoryStorage, Options};
use hygea_store_sqlite::SqliteStores;
use std::mem::offset_of;
use std::path::Path;

/// For `hygea_engine_options.flags`: asks for no token, lets every caller do everything, and holds the workspace `demo`
/// with the services `demo/fhir/r4`, `demo/dicom/images` and `demo/iot/devices`. Only for data that is not real.
pub const HYGEA_ENGINE_DEVELOPMENT: u32 = 1;

/// For `hygea_engine_options.flags`: keeps everything in memory, and loses it when the engine is freed; `path` is empty.
pub const HYGEA_ENGINE_MEMORY: u32 = 2;

const KNOWN_FLAGS: u32 = HYGEA_ENGINE_DEVELOPMENT | HYGEA_ENGINE_MEMORY;

/// All services of all workspaces on one folder of files.
///
/// Any number of threads may use an engine at once. It runs one thread of its own for each service that was written
/// to, which ends with the engine; it opens no socket and reads no environment variable. A folder is open in one
/// process at a time. After `fork` a child must not use the engine of its parent.
#[derive(Debug)]
pub struct hygea_engine {
    engine: Engine,
    poison: Poison,
}

/// How an engine is opened. Begin with all bytes zero and set `struct_size`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_engine_options {
    /// `sizeof(hygea_engine_options)`.
    pub struct_size: usize,
    /// The folder; it is made if it is not there. The server and the packages of other languages open the same folders.
    pub path: hygea_str,
    /// `HYGEA_ENGINE_…`, or 0.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: `repr(C)`, begins with `struct_size`, consists of numbers and a pointer, for which zero is valid.
unsafe impl Growing for hygea_engine_options {
    const FIRST_SIZE: usize = offset_of!(Self, reserved) + size_of::<u32>();
}

impl From<Engine> for hygea_engine {
    fn from(engine: Engine) -> Self {
        Self { engine, poison: Poison::default() }
    }
}

/// Opens an engine on a folder. The host owns `*out` and frees it by `hygea_engine_free`.
///
/// Fails with the number of the store or service if the folder cannot be opened.
///
/// # Safety
/// `options` is NULL or a structure as its type describes it; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_engine_open(
    options: *const hygea_engine_options,
    out: *mut *mut hygea_engine,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let options = sized(options, "options")?;
            let path = options.path.text("options.path")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_engine::from(open(path, options.flags, options.reserved)?));
            ok()
        })
    }
}

fn open(path: &str, flags: u32, reserved: u32) -> Result<Engine, Failure> {
    if flags & !KNOWN_FLAGS != 0 || reserved != 0 {
        let unknown = "options has flags that this version of the library does not know";
        return Err(hygea_error::own(HYGEA_E_ARGUMENT, unknown));
    }
    let development = flags & HYGEA_ENGINE_DEVELOPMENT != 0;
    let options = if development { Options::development() } else { Options::default() };
    match (flags & HYGEA_ENGINE_MEMORY != 0, path) {
        (true, "") => Ok(Engine::open(MemoryStorage::new(), options)?),
        (true, _) => Err(hygea_error::own(HYGEA_E_ARGUMENT, "an engine in memory has no options.path")),
        (false, path) if path.is_empty() || path.contains('\0') => {
            Err(hygea_error::own(HYGEA_E_ARGUMENT, "options.path is to name a folder"))
        }
        (false, path) => {
            // The server and the Python package lay a folder out in the same way, so that each opens what the others wrote.
            let folder = Path::new(path);
            let stores = SqliteStores::open(folder.join("stores"))?;
            Ok(Engine::open(FolderStorage::new(stores, folder.join("blobs")), options)?)
        }
    }
}

/// Answers one request. What goes wrong in the services is a response (404, 422, …) with `HYGEA_OK`; only an argument
/// that is no request, or a defect, is a failure. `call` may be NULL. The host owns `*out` and frees it by
/// `hygea_response_free`.
///
/// # Safety
/// `engine` is NULL or an engine that was not freed; `call` and `request` are NULL or structures as their types
/// describe them; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_engine_handle(
    engine: *const hygea_engine,
    call: *const hygea_call,
    request: *const hygea_request,
    out: *mut *mut hygea_response,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let engine = shared(engine, "engine")?;
            let call = read_call(call)?;
            let mut parts = Parts::read(request)?;
            let request = parts.request()?;
            let out = Out::new(out)?;
            let response = engine.poison.guard(|| Ok(engine.engine.handle(&call, request)))?;
            out.hand_over(hygea_response::from(response));
            ok()
        })
    }
}

/// Closes all stores before the engine is freed, and says whether that succeeded; later requests are answered 503.
/// Nothing is lost without it: a write is on disk when its response is there.
///
/// # Safety
/// `engine` is NULL or an engine that was not freed; `err` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_engine_close(
    engine: *const hygea_engine,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let engine = shared(engine, "engine")?;
            engine.poison.guard(|| Ok(engine.engine.close()?))?;
            ok()
        })
    }
}

/// Frees an engine, once no other thread uses it, and closes its stores. NULL is allowed. Responses stay valid.
///
/// # Safety
/// `engine` is NULL or an engine that was not freed before and that no thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_engine_free(engine: *mut hygea_engine) {
    // SAFETY: the caller's promise.
    unsafe { free(engine) };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::undocumented_unsafe_blocks, reason = "each call passes what the test made a line above")]

    use super::*;
    use crate::response::{hygea_response_free, hygea_response_status};
    use crate::status::{HYGEA_E_PANIC, HYGEA_E_POISONED, HYGEA_OK};
    use crate::text::hygea_bytes;
    use hygea_service::Storage;
    use hygea_store::{Blobs, StoreName, Stores};
    use std::ptr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A storage with a defect that can be switched on.
    #[derive(Debug, Default)]
    struct Defective {
        memory: MemoryStorage,
        defect: Arc<AtomicBool>,
    }

    impl Storage for Defective {
        fn stores(&self) -> &dyn Stores {
            assert!(!self.defect.load(Ordering::SeqCst), "a defect that quotes Jane Doe");
            self.memory.stores()
        }

        fn blobs(&self, name: &StoreName) -> hygea_store::Result<Arc<dyn Blobs>> {
            self.memory.blobs(name)
        }

        fn remove(&self, name: &StoreName) -> hygea_store::Result<()> {
            self.memory.remove(name)
        }
    }

    fn ask(engine: &hygea_engine, path: &str) -> (hygea_status, u16, String) {
        let empty = hygea_str::NONE;
        let request = hygea_request {
            struct_size: size_of::<hygea_request>(),
            method: hygea_str::of("GET"),
            path: hygea_str::of(path),
            query: empty,
            headers: ptr::null(),
            header_count: 0,
            body: hygea_bytes { ptr: ptr::null(), len: 0 },
            body_reader: ptr::null(),
        };
        let (mut response, mut error) = (ptr::null_mut(), ptr::null_mut());
        let status = unsafe { hygea_engine_handle(engine, ptr::null(), &request, &mut response, &mut error) };
        let http = unsafe { hygea_response_status(response) };
        let message = unsafe { crate::error::hygea_error_message(error).text("message") }.map(str::to_owned);
        unsafe {
            hygea_response_free(response);
            crate::error::hygea_error_free(error);
        }
        (status, http, message.unwrap_or_default())
    }

    #[test]
    fn a_panic_poisons_the_engine_and_quotes_nothing() {
        let storage = Defective::default();
        let defect = Arc::clone(&storage.defect);
        let engine = hygea_engine::from(Engine::open(storage, Options::development()).expect("opens"));
        assert_eq!(ask(&engine, "/healthz"), (HYGEA_OK, 200, String::new()));
        defect.store(true, Ordering::SeqCst);
        let (status, http, message) = ask(&engine, "/demo/fhir/r4/Patient/p1");
        assert_eq!((status, http), (HYGEA_E_PANIC, 0));
        assert!(!message.contains("Jane"), "{message}");
        defect.store(false, Ordering::SeqCst);
        assert_eq!(ask(&engine, "/healthz").0, HYGEA_E_POISONED);
        assert_eq!(unsafe { hygea_engine_close(&engine, ptr::null_mut()) }, HYGEA_E_POISONED);
    }
}
