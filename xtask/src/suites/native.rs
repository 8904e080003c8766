//! The C and C++ suites: the library is installed into a folder, and the examples of both languages are compiled
//! against that folder as careful users compile them: under AddressSanitizer with the shared and the static library,
//! and by `pkg-config` and CMake where these are at hand.

use super::{Bench, Outcome, outcome, printed, program, ran};
use crate::{abi, install};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CHECKS: &[&str] = &["-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-fsanitize=address"];

pub(crate) fn c(bench: &Bench) -> Outcome {
    let suite = Suite { bench, compiler: "cc", standard: "-std=c99", folder: "examples/c", extension: "c" };
    suite.outcome(|installed| {
        exported_symbols(bench, installed)?;
        static_libraries(bench)?;
        suite.examples(installed)?;
        suite.by_pkg_config(installed)
    })
}

pub(crate) fn cpp(bench: &Bench) -> Outcome {
    let suite =
        Suite { bench, compiler: "c++", standard: "-std=c++17", folder: "examples/cpp", extension: "cpp" };
    suite.outcome(|installed| {
        suite.examples(installed)?;
        suite.by_pkg_config(installed)?;
        by_cmake(bench, installed)
    })
}

/// The examples of one language.
struct Suite<'b> {
    bench: &'b Bench,
    compiler: &'static str,
    standard: &'static str,
    folder: &'static str,
    extension: &'static str,
}

/// The folder into which the library was installed.
struct Installed(PathBuf);

impl Installed {
    fn lib(&self) -> PathBuf {
        self.0.join("lib")
    }
}

impl Suite<'_> {
    fn outcome(&self, work: impl FnOnce(&Installed) -> Result<(), String>) -> Outcome {
        if program(self.compiler).is_none() {
            return Outcome::LeftOut(format!("there is no {} on this machine", self.compiler));
        }
        outcome(installed(self.bench).and_then(|installed| work(&installed)))
    }

    /// Compiles with all warnings as errors and AddressSanitizer, and runs, against both libraries.
    fn examples(&self, installed: &Installed) -> Result<(), String> {
        let static_libraries = install::static_libraries(&self.bench.root)?;
        for (name, source) in self.sources()? {
            for linkage in ["shared", "static"] {
                let binary = self.binary(&name, linkage);
                let mut compile = self.compile(&source, &binary);
                compile.args(CHECKS).arg("-I").arg(installed.0.join("include"));
                if linkage == "shared" {
                    compile.arg("-L").arg(installed.lib()).arg("-lhygea");
                } else {
                    compile.arg(installed.lib().join("libhygea.a")).args(static_libraries.split(' '));
                }
                ran(&mut compile)?;
                run(self.bench, installed, &binary)?;
            }
        }
        Ok(())
    }

    /// Compiles with nothing but what pkg-config says, and runs.
    fn by_pkg_config(&self, installed: &Installed) -> Result<(), String> {
        if program("pkg-config").is_none() {
            return Ok(());
        }
        let mut asked = self.bench.command("pkg-config");
        asked.args(["--cflags", "--libs", "hygea"]).env("PKG_CONFIG_PATH", installed.lib().join("pkgconfig"));
        let flags = printed(&mut asked)?;
        for (name, source) in self.sources()? {
            let binary = self.binary(&name, "pkg-config");
            ran(self.compile(&source, &binary).args(flags.split_whitespace()))?;
            run(self.bench, installed, &binary)?;
        }
        Ok(())
    }

    fn compile(&self, source: &Path, binary: &Path) -> Command {
        let mut compile = self.bench.command(self.compiler);
        compile.arg(self.standard).arg(source).arg("-o").arg(binary);
        compile
    }

    fn binary(&self, name: &str, linkage: &str) -> PathBuf {
        self.bench.target.join("native").join(format!("{name}-{}-{linkage}", self.extension))
    }

    fn sources(&self) -> Result<Vec<(String, PathBuf)>, String> {
        let folder = self.bench.root.join(self.folder);
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<(String, PathBuf)> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|file| file.extension().is_some_and(|extension| extension == self.extension))
            .map(|file| (file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), file))
            .collect();
        files.sort();
        if files.is_empty() {
            return Err(format!("{} holds no .{} file", folder.display(), self.extension));
        }
        Ok(files)
    }
}

/// Builds the library and installs it below the target folder.
fn installed(bench: &Bench) -> Result<Installed, String> {
    ran(bench.cargo().args(["build", "--package", "hygea-ffi"]))?;
    let prefix = bench.target.join("native/prefix");
    install::install(&bench.root, &bench.target.join("debug"), &prefix)?;
    Ok(Installed(prefix))
}

/// Runs an example on a fresh folder.
fn run(bench: &Bench, installed: &Installed, binary: &Path) -> Result<(), String> {
    let data = binary.with_extension("data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    }
    ran(bench.command(binary).arg(&data).env("LD_LIBRARY_PATH", installed.lib()))
}

/// The shared library shows the functions of the header and nothing else.
fn exported_symbols(bench: &Bench, installed: &Installed) -> Result<(), String> {
    if !cfg!(target_os = "linux") || program("nm").is_none() {
        return Ok(());
    }
    let library = installed.lib().join("libhygea.so");
    let shown = printed(bench.command("nm").args(["-D", "--defined-only", "--format=posix"]).arg(&library))?;
    let mut shown: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').next()).collect();
    shown.sort_unstable();
    let mut wanted = abi::functions(&bench.root)?;
    wanted.sort_unstable();
    if shown == wanted {
        return Ok(());
    }
    let surplus: Vec<_> =
        shown.iter().filter(|name| !wanted.iter().any(|other| other == *name)).take(5).collect();
    let missing: Vec<_> = wanted.iter().filter(|name| !shown.contains(&name.as_str())).take(5).collect();
    Err(format!(
        "libhygea.so shows {} symbols, the header {}: surplus {surplus:?}, missing {missing:?}",
        shown.len(),
        wanted.len()
    ))
}

/// What programs must link beside the static library is what `ffi/native-static-libs.txt` says.
fn static_libraries(bench: &Bench) -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return Ok(());
    }
    let mut asked = bench.cargo();
    asked.args(["rustc", "--package", "hygea-ffi", "--lib", "--crate-type", "staticlib"]);
    let output = asked.args(["--", "--print", "native-static-libs"]).output();
    let output = output.map_err(|error| format!("cargo rustc could not be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let said = text
        .lines()
        .find_map(|line| line.split_once("native-static-libs: "))
        .map(|(_, libraries)| libraries.trim());
    let recorded = install::static_libraries(&bench.root)?;
    match said {
        Some(said) if names(said) == names(&recorded) => Ok(()),
        Some(said) => {
            Err(format!("the static library needs `{said}`, ffi/native-static-libs.txt says `{recorded}`"))
        }
        None => Err(format!("cargo rustc did not say what the static library needs: {text}")),
    }
}

/// The libraries of a line, which may name one several times.
fn names(line: &str) -> BTreeSet<&str> {
    line.split_whitespace().collect()
}

/// Compiles all examples with nothing but `find_package(hygea)`, and runs them.
fn by_cmake(bench: &Bench, installed: &Installed) -> Result<(), String> {
    if program("cmake").is_none() {
        return Ok(());
    }
    let build = bench.target.join("native/cmake");
    if build.exists() {
        fs::remove_dir_all(&build).map_err(|error| format!("{}: {error}", build.display()))?;
    }
    let mut configure = bench.command("cmake");
    configure.arg("-S").arg(bench.root.join("examples")).arg("-B").arg(&build);
    printed(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", installed.0.display())))?;
    printed(bench.command("cmake").arg("--build").arg(&build))?;
    for example in ["clinic-c", "clinic-cpp", "clinic-static"] {
        run(bench, installed, &build.join(example))?;
    }
    Ok(())
}
