//! The layouts that the C compiler saw (`abi.txt`) are those of the Rust compiler, and every number has its constant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use hygea::*;
use std::mem::offset_of;

const RECORD: &str = include_str!("../abi.txt");

macro_rules! layouts {
    ($($structure:ident { $($member:ident),* })*) => {
        [$(
            format!("struct {} size {} align {}", stringify!($structure), size_of::<$structure>(), align_of::<$structure>()),
            $(format!("member {}.{} at {} ", stringify!($structure), stringify!($member), offset_of!($structure, $member)),)*
        )*]
    };
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structures_are_laid_out_as_recorded() {
    let layouts = layouts! {
        hygea_str { ptr, len }
        hygea_bytes { ptr, len }
        hygea_reader { user, read }
        hygea_writer { user, write }
        hygea_header { name, value }
        hygea_call { struct_size, base_url, correlation_id, remote_address }
        hygea_request { struct_size, method, path, query, headers, header_count, body, body_reader }
        hygea_engine_options { struct_size, path, flags, reserved }
    };
    let recorded: Vec<&str> =
        RECORD.lines().filter(|line| line.starts_with("struct ") || line.starts_with("member ")).collect();
    assert_eq!(recorded.len(), layouts.len(), "each structure of the record is measured here");
    for (line, wanted) in recorded.iter().zip(&layouts) {
        assert!(line.starts_with(wanted.as_str()), "the record says {line}, Rust says {wanted}");
    }
}

#[test]
fn numbers_of_the_crates_beneath() {
    for (constant, kind) in [
        (HYGEA_E_SERVICE_NOT_FOUND, hygea_service::ErrorKind::NotFound as i32),
        (HYGEA_E_SERVICE_CLOSING, hygea_service::ErrorKind::Closing as i32),
        (HYGEA_E_STORE_CONFLICT, hygea_store::ErrorKind::Conflict as i32),
        (HYGEA_E_STORE_LOCKED, hygea_store::ErrorKind::Locked as i32),
    ] {
        assert_eq!(constant, kind);
    }
}

#[test]
fn numbers_are_recorded_once() {
    let mut numbers: Vec<i32> = RECORD
        .lines()
        .filter_map(|line| line.strip_prefix("constant HYGEA_E_"))
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    let all = numbers.len();
    assert!(all > 100, "{all} numbers");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), all);
}
