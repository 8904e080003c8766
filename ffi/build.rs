//! Gives the shared library the name under which the loader looks for it, so that programs keep to the versions that
//! they were made for: `libhygea.so.0.1`, and from 1.0 on `libhygea.so.1`.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let part = |name: &str| var(format!("CARGO_PKG_VERSION_{name}")).unwrap_or_default();
    let (major, minor) = (part("MAJOR"), part("MINOR"));
    let abi = if major == "0" { format!("0.{minor}") } else { major };
    match var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "android" | "freebsd" | "netbsd" | "openbsd") => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libhygea.so.{abi}");
        }
        Ok("macos") => println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libhygea.{abi}.dylib"),
        _ => {}
    }
}
