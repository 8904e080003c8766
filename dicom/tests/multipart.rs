//! Multipart bodies: what is taken and refused, whole and in pieces, and that both ways agree on any bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_dicom::media_type::{MediaType, parse_accept};
use hygea_dicom::multipart::{Boundary, Event, Limits, Splitter, Writer, boundary_of, split};
use hygea_dicom::{Error, ErrorKind};
use proptest::prelude::*;

type Parts = Vec<(Option<String>, Vec<u8>)>;

fn whole(body: &[u8], boundary: &str, limits: &Limits) -> Result<Parts, Error> {
    let parts = split(body, &Boundary::new(boundary).unwrap(), limits)?;
    Ok(parts.iter().map(|p| (p.headers.content_type().map(str::to_owned), p.content.to_vec())).collect())
}

fn in_pieces(body: &[u8], boundary: &str, limits: &Limits, size: usize) -> Result<Parts, Error> {
    let mut splitter = Splitter::new(Boundary::new(boundary).unwrap(), *limits);
    let mut parts: Parts = Vec::new();
    let mut open = false;
    for piece in body.chunks(size) {
        splitter.push(piece, |event| {
            match event {
                Event::Begin(headers) => {
                    assert!(!open);
                    open = true;
                    parts.push((headers.content_type().map(str::to_owned), Vec::new()));
                }
                Event::Content(bytes) => parts.last_mut().unwrap().1.extend_from_slice(bytes),
                Event::End => open = false,
            }
            Ok::<(), Error>(())
        })?;
    }
    splitter.finish()?;
    assert!(!open);
    Ok(parts)
}

fn both(body: &[u8], boundary: &str) -> Result<Parts, ErrorKind> {
    let limits = Limits { max_parts: 3, max_headers: 100 };
    let first = whole(body, boundary, &limits).map_err(|e| e.kind());
    for size in [1, 2, 3, 7, 64, 1 << 20] {
        let second = in_pieces(body, boundary, &limits, size).map_err(|e| e.kind());
        assert_eq!(first, second, "{size} {:?}", String::from_utf8_lossy(body));
    }
    first
}

#[test]
fn bodies_are_split() {
    let part = |kind: Option<&str>, content: &[u8]| (kind.map(str::to_owned), content.to_vec());
    let dicom = Some("application/dicom");
    let table: &[(&[u8], Parts)] = &[
        (b"--b\r\nContent-Type: application/dicom\r\n\r\nABC\r\n--b--", vec![part(dicom, b"ABC")]),
        (b"--b\r\ncontent-type:application/dicom\r\n\r\nABC\r\n--b--\r\nepilogue", vec![part(dicom, b"ABC")]),
        (b"preamble\r\n--b\r\n\r\nA\r\n--b\r\n\r\nB\r\n--b--\r\n", vec![part(None, b"A"), part(None, b"B")]),
        (b"\r\n--b \t\r\n\r\nA\r\n--b--", vec![part(None, b"A")]),
        (b"--b\r\n\r\n\r\n--b--", vec![part(None, b"")]),
        (b"--b\nContent-Type: application/dicom\n\nA\n\r\n--b--", vec![part(dicom, b"A\n")]),
        (
            b"--b\r\nX: 1\r\n 2\r\nContent-Type: a/b;\r\n\tc=d\r\n\r\nA\r\n--b--",
            vec![part(Some("a/b; c=d"), b"A")],
        ),
        (b"--b--", vec![]),
        // What looks like a delimiter, but goes on, is content.
        (
            b"--b\r\n\r\n\r\n--bb\r\n--b-\r\n--b\r\n\r\n\r\n\r\n--b--",
            vec![part(None, b"\r\n--bb\r\n--b-"), part(None, b"\r\n")],
        ),
        (b"--b\r\n\r\n\r\r\n\r\n--b--", vec![part(None, b"\r\r\n")]),
    ];
    for (body, wanted) in table {
        assert_eq!(both(body, "b").as_ref(), Ok(wanted), "{:?}", String::from_utf8_lossy(body));
    }
}

#[test]
fn broken_bodies_are_refused() {
    let long = [b"--b\r\nX: ".as_slice(), &[b'x'; 200], b"\r\n\r\nA\r\n--b--"].concat();
    let many = [b"--b\r\n\r\nA".as_slice(), &b"\r\n--b\r\n\r\nA".repeat(3), b"\r\n--b--"].concat();
    let table: &[(&[u8], ErrorKind)] = &[
        (b"", ErrorKind::TruncatedMultipart),
        (b"--", ErrorKind::TruncatedMultipart),
        (b"--b", ErrorKind::TruncatedMultipart),
        (b"--b\r\n", ErrorKind::TruncatedMultipart),
        (b"--b\r\nContent-Type: a/b", ErrorKind::TruncatedMultipart),
        (b"--b\r\n\r\nA", ErrorKind::TruncatedMultipart),
        (b"--b\r\n\r\nA\r\n--b", ErrorKind::TruncatedMultipart),
        (b"--b\r\n\r\nA\r\n--b-", ErrorKind::TruncatedMultipart),
        (b"--b\r\n\r\nA\r\n--b\r\n", ErrorKind::TruncatedMultipart),
        (b"nothing of it", ErrorKind::MalformedMultipart),
        (b"--c\r\n\r\nA\r\n--c--", ErrorKind::MalformedMultipart),
        (b"--b\r\nno colon\r\n\r\nA\r\n--b--", ErrorKind::MalformedMultipart),
        (b"--b\r\nX: 1\r\n--b--", ErrorKind::MalformedMultipart),
        (&long, ErrorKind::TooLarge),
        (&many, ErrorKind::TooManyParts),
    ];
    for (body, wanted) in table {
        assert_eq!(both(body, "b"), Err(*wanted), "{:?}", String::from_utf8_lossy(body));
    }
    for text in ["", "b ", "é", &"b".repeat(71)] {
        assert_eq!(Boundary::new(text).unwrap_err().kind(), ErrorKind::MissingBoundary);
    }
    let content_type = MediaType::parse("multipart/related; type=application/dicom").unwrap();
    assert_eq!(boundary_of(&content_type).unwrap_err().kind(), ErrorKind::MissingBoundary);
}

#[test]
fn a_cut_body_is_refused_wherever_it_is_cut() {
    let body = b"--bound\r\nContent-Type: application/dicom\r\n\r\nABC\r\n--bound\r\n\r\nDEF\r\n--bound--";
    for cut in 0..body.len() {
        assert!(both(&body[..cut], "bound").is_err(), "{cut}");
    }
    assert_eq!(both(body, "bound").unwrap().len(), 2);
}

#[test]
fn written_bodies_are_split_again() {
    let mut writer = Writer::new("a b'()+_,-./:=?").unwrap();
    let mut body = Vec::new();
    let content_type = writer.content_type("application/dicom");
    for content in [&b"one"[..], b"", b"\r\n--two\r\n"] {
        writer.begin([("Content-Type", "application/dicom"), ("Content-Location", "x")], &mut body);
        body.extend_from_slice(content);
    }
    writer.end(&mut body);
    let boundary = boundary_of(&MediaType::parse(&content_type).unwrap()).unwrap();
    let parts = split(&body, &boundary, &Limits::default()).unwrap();
    let contents: Vec<_> = parts.iter().map(|p| p.content).collect();
    assert_eq!(contents, [&b"one"[..], b"", b"\r\n--two\r\n"]);
    assert_eq!(parts[0].headers.value("Content-Location"), Some("x"));
    assert_eq!(parts[1].content, &body[usize::try_from(parts[1].position).unwrap()..][..0]);
}

#[test]
fn content_is_held_no_longer_than_a_delimiter() {
    let mut splitter = Splitter::new(Boundary::new("b").unwrap(), Limits::default());
    let mut seen = 0;
    let mut take = |piece: &[u8]| {
        splitter
            .push(piece, |event| {
                if let Event::Content(bytes) = event {
                    seen += bytes.len();
                }
                Ok::<(), Error>(())
            })
            .unwrap();
        seen
    };
    take(b"--b\r\n\r\n");
    for n in 1..100 {
        assert!(take(&[0; 1000]) >= n * 1000 - 8);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whole_and_pieces_agree(tokens in proptest::collection::vec(
        prop::sample::select(vec!["--b", "\r\n", "\r", "\n", "--", "-", "b", "A", ":", " ", "X: 1", "\r\n--b", "\r\n\r\n"]), 0..24)) {
        let body = tokens.concat();
        let _ = both(body.as_bytes(), "b");
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = both(&bytes, "b");
        let _ = MediaType::parse(&text);
        let _ = parse_accept(&text);
    }

    #[test]
    fn accept_like_text_does_not_make_the_parser_panic(tokens in proptest::collection::vec(
        prop::sample::select(vec!["*/*", "a/b", ";", ",", "q=0.5", "type=", "\"", "\\", "=", " ", "application/dicom", "q=", "é"]), 0..16)) {
        let _ = parse_accept(&tokens.concat());
    }
}
