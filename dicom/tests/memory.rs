//! Memory of a reading: a small multiple of the input, for the files that make other readers allocate gigabytes too.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

mod support;

use hygea_dicom::{File, ReadOptions, Truncation};

/// The peak of resident memory in bytes since it was last reset.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib << 10)
}

fn reset() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

#[test]
fn reading_takes_a_small_multiple_of_the_input() {
    if !reset() || peak().is_none() {
        return println!("left out: this system does not tell the peak of memory");
    }
    // Files of the wheel, and the worst that can be made: as many elements as bytes allow, each of the shortest.
    let mut inputs: Vec<(String, Vec<u8>)> = support::folders()
        .iter()
        .flat_map(|f| support::files(f))
        .map(|p| (p.display().to_string(), std::fs::read(p).unwrap()))
        .collect();
    inputs.push(("empty elements".to_owned(), [0x08, 0, 0x60, 0, b'C', b'S', 0, 0].repeat(1 << 18)));
    let mut items = vec![0x40, 0, 0x75, 0x02, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    items.extend([0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0].repeat(1 << 18));
    inputs.push(("empty items".to_owned(), items));
    let mut lie = vec![0x7F, 0xE0, 0, 0x10];
    lie.extend(b"OW\0\0\xFE\xFF\xFF\xFFx");
    lie.swap(0, 1);
    inputs.push(("a length that lies".to_owned(), lie));
    let mut worst = 0;
    for (name, bytes) in &inputs {
        reset();
        let before = peak().unwrap();
        let file = File::read(bytes, &ReadOptions::new().truncation(Truncation::Anywhere));
        let grown = peak().unwrap().saturating_sub(before);
        drop(file);
        worst = worst.max(grown);
        // A table of 32 bytes an element, grown by doubling: at most twelve times the shortest elements.
        assert!(grown <= bytes.len() * 12 + (2 << 20), "{name}: {grown} bytes for {}", bytes.len());
    }
    println!("{} inputs, at most {worst} bytes more", inputs.len());
}
