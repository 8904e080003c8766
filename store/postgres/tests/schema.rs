//! Rules that the schema keeps so that it can be distributed by shard.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_store::sql::table;
use hygea_store_postgres::SCHEMA;

/// The statements without their comments.
fn statements() -> Vec<String> {
    let text: Vec<&str> = SCHEMA.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let text = text.join("\n");
    text.split(';')
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[test]
fn the_shard_is_first_in_every_key() {
    let mut keys = 0;
    for statement in statements() {
        if let Some(index) = statement.strip_prefix("CREATE INDEX ") {
            let columns = index.split('(').nth(1).unwrap();
            assert!(columns.starts_with("shard,"), "{statement}");
            keys += 1;
            continue;
        }
        let table = statement.strip_prefix("CREATE TABLE ").unwrap_or_else(|| panic!("{statement}"));
        let columns: Vec<&str> = table.lines().skip(1).map(str::trim).collect();
        assert_eq!(columns.first(), Some(&"shard bigint NOT NULL,"), "{statement}");
        let mut primary = 0;
        for line in columns {
            for word in ["PRIMARY KEY", "UNIQUE"] {
                if let Some(rest) = line.strip_prefix(word) {
                    assert!(rest.trim().starts_with("(shard, "), "{line} in {statement}");
                    keys += 1;
                    primary += usize::from(word == "PRIMARY KEY");
                } else {
                    assert!(!line.contains(word), "a key of one column has no shard: {line}");
                }
            }
        }
        assert_eq!(primary, 1, "{statement}");
        assert!(!statement.contains("REFERENCES"), "a foreign key cannot cross shards: {statement}");
    }
    assert!(keys >= 30, "{keys}");
}

#[test]
fn every_table_of_the_compiler_is_there() {
    let names = [
        table::DOCUMENT,
        table::TOKEN,
        table::TEXT,
        table::DATE,
        table::NUMBER,
        table::QUANTITY,
        table::REFERENCE,
        table::URI,
    ];
    for name in names {
        let found = statements()
            .iter()
            .filter(|statement| statement.starts_with(&format!("CREATE TABLE {name} (")))
            .count();
        assert_eq!(found, 1, "{name}");
    }
}
