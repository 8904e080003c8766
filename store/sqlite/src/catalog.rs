//! Kinds and parameters in memory. There are few, and every search and every write asks for them.

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use hygea_store::Result;
use rusqlite::Connection;

use crate::codec::Dictionary;
use crate::failure::failed;

/// What is true of a parameter in this store. Bits are only ever added.
pub(crate) mod traits {
    pub(crate) const TOKEN: i64 = 1;
    pub(crate) const TEXT: i64 = 2;
    pub(crate) const DATE: i64 = 4;
    pub(crate) const NUMBER: i64 = 8;
    pub(crate) const QUANTITY: i64 = 16;
    pub(crate) const REFERENCE: i64 = 32;
    pub(crate) const URI: i64 = 64;
    /// A document has a code in two systems, or a reference twice with different bases or versions: a row may come twice.
    pub(crate) const REPEATED: i64 = 128;
    /// A document has several values of one type.
    pub(crate) const MULTIPLE: i64 = 256;
    /// All types.
    pub(crate) const TYPES: i64 = 127;
}

#[derive(Clone, Default)]
pub(crate) struct Catalog {
    kinds: HashMap<CompactString, Kind>,
    kind_names: HashMap<i64, CompactString>,
    parameters: HashMap<i64, HashMap<CompactString, Parameter>>,
    parameter_kinds: HashMap<i64, (i64, CompactString)>,
}

#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) number: i64,
    /// With what new bodies are compressed.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) number: i64,
    pub(crate) traits: i64,
}

impl Catalog {
    /// Reads what the file holds; `dictionaries` are those that were made ready.
    pub(crate) fn load(
        connection: &Connection,
        dictionaries: &HashMap<i64, Arc<Dictionary>>,
    ) -> Result<Self> {
        let mut catalog = Self::default();
        let failed = failed("read the kinds and parameters");
        let mut kinds = connection.prepare("SELECT kind, name, dictionary FROM kind").map_err(&failed)?;
        let mut rows = kinds.query([]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let name: String = row.get(1).map_err(&failed)?;
            let dictionary = dictionaries.get(&row.get(2).map_err(&failed)?).cloned();
            catalog.add_kind(&name, Kind { number: row.get(0).map_err(&failed)?, dictionary });
        }
        let mut parameters =
            connection.prepare("SELECT parameter, kind, name, traits FROM parameter").map_err(&failed)?;
        let mut rows = parameters.query([]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            let name: String = row.get(2).map_err(&failed)?;
            let parameter =
                Parameter { number: row.get(0).map_err(&failed)?, traits: row.get(3).map_err(&failed)? };
            catalog.set_parameter(row.get(1).map_err(&failed)?, &name, parameter);
        }
        Ok(catalog)
    }

    pub(crate) fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }

    pub(crate) fn kind_name(&self, number: i64) -> Option<&CompactString> {
        self.kind_names.get(&number)
    }

    pub(crate) fn parameter(&self, kind: i64, name: &str) -> Option<Parameter> {
        self.parameters.get(&kind)?.get(name).copied()
    }

    /// What is true of a parameter by its number.
    pub(crate) fn traits(&self, parameter: i64) -> i64 {
        let found = self.parameter_kinds.get(&parameter).and_then(|(kind, name)| self.parameter(*kind, name));
        found.map_or(0, |parameter| parameter.traits)
    }

    pub(crate) fn parameter_name(&self, parameter: i64) -> Option<&CompactString> {
        self.parameter_kinds.get(&parameter).map(|(_, name)| name)
    }

    pub(crate) fn add_kind(&mut self, name: &str, kind: Kind) {
        self.kind_names.insert(kind.number, name.into());
        self.kinds.insert(name.into(), kind);
    }

    pub(crate) fn set_parameter(&mut self, kind: i64, name: &str, parameter: Parameter) {
        self.parameter_kinds.insert(parameter.number, (kind, name.into()));
        self.parameters.entry(kind).or_default().insert(name.into(), parameter);
    }

    pub(crate) fn next_kind(&self) -> i64 {
        self.kind_names.keys().max().copied().unwrap_or_default().saturating_add(1)
    }

    pub(crate) fn next_parameter(&self) -> i64 {
        self.parameter_kinds.keys().max().copied().unwrap_or_default().saturating_add(1)
    }
}
