//! skeleton
pub mod access;
pub mod audit;
pub mod development;
pub mod directory;
mod error;
mod guid;
mod id;
pub mod json;
mod kind;
pub mod location;
pub mod manage;
pub mod name;
mod properties;
mod resource;
pub mod services;
mod settings;
pub mod smart;
mod time;
mod uri;

pub use directory::{Change, Directory, View};
pub use error::{Error, ErrorKind};
pub use id::ResourceId;
pub use kind::Kind;
pub use location::Location;
pub use resource::{CallerType, Resource, Stamp};
pub use settings::{Quotas, ServiceUrls, Settings};
pub use time::Timestamp;
