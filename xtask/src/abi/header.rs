//! `hygea.h`: cbindgen turns the sources into C, and this file sorts the result into chapters, so that the header
//! reads as a manual from top to bottom.

use std::fs;
use std::path::Path;

const SOURCES: &str = "ffi/src";
const TEMPLATE: &str = "ffi/hygea.h.in";

/// The sources in the order of the chapters: each uses only what stands before it.
const CHAPTERS: &[&str] = &[
    "status",
    "text",
    "error",
    "version",
    "stream",
    "request",
    "response",
    "engine",
    "rows",
    "resource",
    "fhirpath",
    "query",
    "dataset",
    "mapper",
    "status_numbers",
];

/// The text of `ffi/include/hygea.h`.
pub(super) fn text(root: &Path) -> Result<String, String> {
    let sources = sources(root)?;
    let items = items(&bindings(root)?);
    let mut chapters = String::new();
    let mut placed = 0;
    for source in &sources {
        chapters.push_str(&format!("/* {RULE}\n * {}\n * {RULE} */\n\n", source.heading));
        for name in source.names() {
            for item in items.iter().filter(|item| item.name == name) {
                chapters.push_str(&item.text);
                chapters.push_str("\n\n");
                placed += 1;
            }
        }
    }
    if placed != items.len() {
        return Err(format!(
            "{} of {} items of the header have no chapter",
            items.len() - placed,
            items.len()
        ));
    }
    fill(root, &chapters)
}

const RULE: &str =
    "------------------------------------------------------------------------------------------------";

fn read(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
}

fn fill(root: &Path, chapters: &str) -> Result<String, String> {
    let mut text = read(root, TEMPLATE)?;
    let numbers = env!("CARGO_PKG_VERSION").split(['.', '-']);
    for (mark, number) in ["@MAJOR@", "@MINOR@", "@PATCH@"].into_iter().zip(numbers) {
        text = text.replace(mark, number);
    }
    Ok(text.replace("@CHAPTERS@\n", chapters))
}

/// What cbindgen makes of the sources, in its own order.
fn bindings(root: &Path) -> Result<String, String> {
    let config = cbindgen::Config::from_file(root.join("ffi/cbindgen.toml"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for chapter in CHAPTERS {
        builder = builder.with_src(root.join(SOURCES).join(format!("{chapter}.rs")));
    }
    let mut text = Vec::new();
    builder.generate().map_err(|error| format!("cbindgen: {error}"))?.write(&mut text);
    String::from_utf8(text).map_err(|error| error.to_string())
}

/// One declaration with its comment.
struct Item {
    name: String,
    text: String,
}

/// The declarations: cbindgen leaves an empty line between two of them and none inside.
fn items(text: &str) -> Vec<Item> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| {
            !["#ifndef HYGEA_H", "#define HYGEA_H", "#ifdef __cplusplus", "#endif"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .filter(|line| !line.starts_with("extern \"C\"") && !line.starts_with("}  // extern"))
        .collect();
    lines
        .split(|line| line.is_empty())
        .filter_map(|item| {
            let code = item.iter().position(|line| is_code(line))?;
            let name = name(item.get(code..)?)?;
            let kept: Vec<&str> = item.iter().copied().filter(|line| line.trim() != "* # Safety").collect();
            Some(Item { name, text: short_comments(&tidied(&kept, item.len() - code)) })
        })
        .collect()
}

/// The declaration without the word `struct` where the plain name does, a function on one line if it fits.
fn tidied(lines: &[&str], code: usize) -> String {
    let (comment, code) = lines.split_at(lines.len() - code);
    let mut text: String = comment.iter().map(|line| format!("{line}\n")).collect();
    let code = code.join("\n");
    let (typedef, declared) = match code.strip_prefix("typedef struct ") {
        Some(rest) => ("typedef struct ", rest),
        None => ("", code.as_str()),
    };
    let declared = declared.replace("struct hygea_", "hygea_");
    text.push_str(typedef);
    if declared.starts_with("HYGEA_API") {
        text.push_str(&function(&declared))
    } else {
        text.push_str(&declared)
    }
    text
}

/// Comments of one line on one line.
fn short_comments(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        lines.push(line.to_owned());
        if let [.., open, words, close] = lines.as_slice()
            && open.trim() == "/**"
            && close.trim() == "*/"
            && let Some((margin, words)) = words.split_once(" * ")
            && margin.trim().is_empty()
            && margin.len() + words.len() + 8 <= WIDTH
        {
            let short = format!("{margin}/** {words} */");
            lines.truncate(lines.len() - 3);
            lines.push(short);
        }
    }
    lines.join("\n")
}

/// A function on one line, or with one parameter a line.
fn function(declaration: &str) -> String {
    let line = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.split_once('(') {
        Some((head, parameters)) if line.len() > WIDTH => {
            format!("{head}(\n    {}", parameters.replace(", ", ",\n    "))
        }
        _ => line,
    }
}

const WIDTH: usize = 110;

fn is_code(line: &str) -> bool {
    !["/*", " *", "//"].iter().any(|start| line.starts_with(start))
}

/// The name that a declaration declares.
fn name(code: &[&str]) -> Option<String> {
    let first = code.first()?;
    if let Some(constant) = first.strip_prefix("#define ") {
        return constant.split(' ').next().map(str::to_owned);
    }
    let before = if first.starts_with("typedef") {
        code.last()?.strip_suffix(';')?
    } else {
        code.iter().find(|line| line.contains('('))?.split('(').next()?
    };
    before.rsplit([' ', '*']).next().map(str::to_owned)
}

/// A source file of the library.
struct Source {
    heading: String,
    text: String,
}

fn sources(root: &Path) -> Result<Vec<Source>, String> {
    CHAPTERS
        .iter()
        .map(|chapter| {
            let file = format!("{SOURCES}/{chapter}.rs");
            let text = read(root, &file)?;
            let heading =
                text.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default().to_owned();
            if heading.is_empty() {
                Err(format!("{file} has no heading"))
            } else {
                Ok(Source { heading, text })
            }
        })
        .collect()
}

impl Source {
    /// The public names in their order.
    fn names(&self) -> impl Iterator<Item = &str> {
        const STARTS: &[&str] = &[
            "pub const ",
            "pub type ",
            "pub struct ",
            "pub unsafe extern \"C\" fn ",
            "pub extern \"C\" fn ",
        ];
        self.text.lines().filter_map(|line| {
            let rest = STARTS.iter().find_map(|start| line.strip_prefix(start))?;
            rest.split(|each: char| !each.is_ascii_alphanumeric() && each != '_').next()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_declarations() {
        for (code, wanted) in [
            ("#define HYGEA_OK 0", "HYGEA_OK"),
            ("typedef int32_t hygea_status;", "hygea_status"),
            ("typedef struct hygea_error hygea_error;", "hygea_error"),
            ("typedef struct hygea_str {\n    size_t len;\n} hygea_str;", "hygea_str"),
            ("HYGEA_API\nhygea_str *hygea_a(const hygea_b *b,\n    size_t c);", "hygea_a"),
        ] {
            let lines: Vec<&str> = code.lines().collect();
            assert_eq!(name(&lines).as_deref(), Some(wanted));
        }
    }
}
