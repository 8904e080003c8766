//! A file larger than memory should be, read in constant memory. With `HYGEA_LONG_TESTS=1` it has a gigabyte, otherwise 64 MB.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::stream::{BundleReader, NdjsonReader};
use std::io::{self, Read};

/// Makes a file while it is read.
struct Generated {
    head: &'static [u8],
    item: Vec<u8>,
    separator: &'static [u8],
    tail: &'static [u8],
    items: usize,
    /// What is being given, and how much of it is.
    part: usize,
    at: usize,
}

impl Generated {
    fn part(&self) -> Option<&[u8]> {
        match self.part {
            0 => Some(self.head),
            part if part < 2 * self.items => Some(if part % 2 == 1 { &self.item } else { self.separator }),
            part if part == 2 * self.items => Some(self.tail),
            _ => None,
        }
    }
}

impl Read for Generated {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut given = 0;
        while given < out.len() {
            let Some(part) = self.part() else { break };
            let rest = part.get(self.at..).unwrap_or_default();
            let count = rest.len().min(out.len() - given);
            out.get_mut(given..given + count).unwrap().copy_from_slice(rest.get(..count).unwrap());
            given += count;
            self.at += count;
            if self.at == self.part().map_or(0, <[u8]>::len) {
                self.part += 1;
                self.at = 0;
            }
        }
        Ok(given)
    }
}

/// The most memory that the process had, in bytes; nothing where the system does not say.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes << 10)
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let bytes: usize = if std::env::var_os("HYGEA_LONG_TESTS").is_some() { 1 << 30 } else { 64 << 20 };
    let note = "x".repeat(3_000);
    let resource = format!(r#"{{"resourceType":"Basic","code":{{"text":"{note}"}},"x":[1.50,"\"]}}"]}}"#);
    let before = peak();

    let item = format!(r#"{{"fullUrl":"urn:uuid:1","resource":{resource}}}"#).into_bytes();
    let items = bytes / item.len();
    let file = Generated {
        head: br#"{"resourceType":"Bundle","type":"collection","entry":["#,
        item,
        separator: b",\n",
        tail: b"]}",
        items,
        part: 0,
        at: 0,
    };
    assert_eq!(
        BundleReader::new(file).map(|entry| entry.unwrap().resource_json().unwrap().len()).sum::<usize>(),
        items * resource.len()
    );

    let file = Generated {
        head: b"",
        item: resource.clone().into_bytes(),
        separator: b"\n",
        tail: b"\n",
        items,
        part: 0,
        at: 0,
    };
    assert_eq!(
        NdjsonReader::new(file).map(|line| line.unwrap().json().len()).sum::<usize>(),
        items * resource.len()
    );

    // One string as large as the file: refused at the limit, and not kept until then.
    let file = Generated {
        head: b"{\"a\":\"",
        item: vec![b'x'; 4_096],
        separator: b"",
        tail: b"\"}\n{}",
        items: bytes / 4_096,
        part: 0,
        at: 0,
    };
    let options = hygea_fhir_model::stream::Options { max_item_bytes: 1 << 20, ..Default::default() };
    let found: Vec<bool> = NdjsonReader::with_options(file, options).map(|line| line.is_ok()).collect();
    assert_eq!(found, [false, true]);

    match (before, peak()) {
        (Some(before), Some(after)) => {
            let grown = after - before;
            println!("{} MB read three times, {} kB more memory at the peak", bytes >> 20, grown >> 10);
            assert!(grown < 16 << 20, "{grown} bytes more");
        }
        _ => println!("left out: the system does not say how much memory a process has"),
    }
}
