//! skeleton
pub mod directory;
mod error;
mod guid;
mod id;
pub mod json;
mod kind;
pub mod location;
pub mod name;
mod resource;
mod time;

pub use directory::{Change, Directory, View};
pub use error::{Error, ErrorKind};
pub use id::ResourceId;
pub use kind::Kind;
pub use location::Location;
pub use resource::{CallerType, Resource, Stamp};
pub use time::Timestamp;
