//! Tables, empty until generated.
use crate::schema::{Schema, Version};
pub(crate) static SCHEMA: Schema = Schema {
    version: Version::R4,
    text: "",
    types: &[],
    hashed: &[],
    fields: &[],
    field_types: &[],
    members: &[],
    targets: &[],
    bindings: &[],
    codes: &[],
};
