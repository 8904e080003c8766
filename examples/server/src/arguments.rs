//! What the command line says.

use lexopt::prelude::*;
use std::net::ToSocketAddrs;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
hygea serve [--data DIR] [--listen HOST:PORT] [--dev]   answers over HTTP
hygea --help | --version

  --data DIR           the folder that holds everything; ./hygea-data unless set, made if absent
  --listen HOST:PORT   where to listen; 127.0.0.1:8080 unless set, port 0 takes a free one
  --dev                asks for no token and lets every caller do everything; loopback addresses only;
                       makes the workspace demo with a FHIR, a DICOM and a device service";

/// A command and its settings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Version,
    Serve(Serve),
}

/// The settings of `hygea serve`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Serve {
    pub(crate) data: PathBuf,
    pub(crate) listen: String,
    pub(crate) development: bool,
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, String> {
    let command = match parser.next().map_err(|error| error.to_string())? {
        None | Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(Long("version") | Short('V')) => return Ok(Command::Version),
        Some(Value(command)) => command.string().map_err(|error| error.to_string())?,
        Some(other) => return Err(other.unexpected().to_string()),
    };
    if command != "serve" {
        return Err(format!("there is no command {command:?}"));
    }
    serve(parser).map_err(|error| error.to_string()).and_then(|serve| match serve {
        Some(serve) => serve.checked().map(Command::Serve),
        None => Ok(Command::Help),
    })
}

fn serve(mut parser: lexopt::Parser) -> Result<Option<Serve>, lexopt::Error> {
    let mut serve =
        Serve { data: PathBuf::from("hygea-data"), listen: "127.0.0.1:8080".to_owned(), development: false };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => serve.data = parser.value()?.into(),
            Long("listen") => serve.listen = parser.value()?.string()?,
            Long("dev") => serve.development = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(serve))
}

impl Serve {
    /// Without tokens only this machine may reach the server.
    fn checked(self) -> Result<Self, String> {
        if self.development {
            let addresses = self
                .listen
                .to_socket_addrs()
                .map_err(|error| format!("--listen {}: {error}", self.listen))?;
            for address in addresses {
                if !address.ip().is_loopback() {
                    return Err(format!("--dev listens on loopback addresses only, and {address} is none"));
                }
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(lexopt::Parser::from_iter(std::iter::once("hygea").chain(arguments.iter().copied())))
    }

    #[test]
    fn the_command_line_is_understood_or_explained() {
        let wanted = Serve { data: "d".into(), listen: "localhost:0".to_owned(), development: true };
        assert_eq!(
            parsed(&["serve", "--data=d", "--listen", "localhost:0", "--dev"]),
            Ok(Command::Serve(wanted))
        );
        assert_eq!(parsed(&["--help"]), Ok(Command::Help));
        assert_eq!(parsed(&["serve", "-h"]), Ok(Command::Help));
        for (arguments, word) in [
            (&["serve", "--listen", "0.0.0.0:8080", "--dev"][..], "loopback"),
            (&["serve", "--lisen", "x"][..], "--lisen"),
            (&["sreve"][..], "sreve"),
            (&["serve", "--listen", "nowhere", "--dev"][..], "--listen nowhere"),
        ] {
            assert!(parsed(arguments).unwrap_err().contains(word), "{arguments:?}");
        }
    }
}
