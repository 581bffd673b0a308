//! One request: what a file still lacks, from one address (RFC 9110, section 14: range requests).

use super::length;
use super::progress::Progress;
use crate::data::verify::FileError;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::http::{Response, StatusCode, header};
use ureq::typestate::AgentScope;
use ureq::{Agent, Body};

/// Why an address did not give a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0}")]
    Request(#[from] ureq::Error),
    #[error("the server answers {0}")]
    Status(StatusCode),
    #[error("expected {expected} bytes, the server offers {found}")]
    Length { expected: u64, found: u64 },
    #[error("expected {expected} bytes, the server sends more")]
    TooLong { expected: u64 },
    #[error("the connection ended after {found} of {expected} bytes{}", because(reason))]
    Cut { expected: u64, found: u64, reason: Option<io::Error> },
    #[error("{0}")]
    Wrong(FileError),
    /// The fault of this machine, which no other address can mend.
    #[error(transparent)]
    Local(#[from] FileError),
}

fn because(reason: &Option<io::Error>) -> String {
    reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"))
}

/// How long to wait for a server, and that answers such as 404 are answers.
pub(super) fn limits() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .user_agent("retrograde-xtask")
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
}

/// Brings a part to the full `size`, by what is missing or, where the server does not give parts, from the start. Bytes
/// are in the part as soon as they are here, so that they survive when the program is interrupted.
///
/// # Errors
/// When the server does not give these bytes, or gives more than `size`; a part that is too long is removed, and one that
/// is too short stays.
pub(super) fn transfer(agent: &Agent, url: &str, part: &Path, size: u64, progress: &Progress) -> Result<(), Refusal> {
    let mut start = length(part);
    if start == size {
        return Ok(());
    }
    if start > size {
        remove(part)?;
        start = 0;
    }
    let mut response = request(agent, url, start)?;
    if start > 0 && !continues(&response, start) {
        start = 0;
        // A range that is refused, or another than was asked for: the whole file may be there all the same.
        if matches!(response.status(), StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE) {
            response = request(agent, url, 0)?;
        }
    }
    let expected = if start > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    if response.status() != expected {
        return Err(Refusal::Status(response.status()));
    }
    // A page that asks for a password is no reason to give up a part.
    match response.body().content_length() {
        Some(length) if length != size - start => Err(Refusal::Length { expected: size, found: start + length }),
        _ => write_body(response.body_mut(), part, start, size, progress),
    }
}

/// Asks for a file from the byte `start` on.
fn request(agent: &Agent, url: &str, start: u64) -> Result<Response<Body>, ureq::Error> {
    // A server that compresses what it sends would send other bytes than the catalog counts.
    let request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    let request = if start > 0 { request.header(header::RANGE, format!("bytes={start}-")) } else { request };
    request.call()
}

/// Whether an answer is the rest of the file, from the byte `start` on.
fn continues(response: &Response<Body>, start: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok());
    response.status() == StatusCode::PARTIAL_CONTENT && first == Some(start)
}

/// Writes a body into the part behind its first `start` bytes, and reads no more than one byte beyond `size`.
fn write_body(body: &mut Body, part: &Path, start: u64, size: u64, progress: &Progress) -> Result<(), Refusal> {
    let writing = || FileError::io("write", part);
    let mut options = OpenOptions::new();
    let options = if start > 0 { options.append(true) } else { options.write(true).create(true).truncate(true) };
    let mut file = options.open(part).map_err(writing())?;
    let mut reader = body.as_reader().take(size - start + 1);
    let (mut found, mut buffer) = (start, vec![0; 1 << 16]);
    loop {
        progress.set(found);
        let count = match reader.read(&mut buffer) {
            Ok(0) if found == size => return Ok(()),
            Ok(0) => return Err(Refusal::Cut { expected: size, found, reason: None }),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Refusal::Cut { expected: size, found, reason: Some(error) }),
        };
        found += count as u64;
        if found > size {
            drop(file);
            remove(part)?;
            return Err(Refusal::TooLong { expected: size });
        }
        file.write_all(&buffer[..count]).map_err(writing())?;
    }
}

fn remove(part: &Path) -> Result<(), FileError> {
    fs::remove_file(part).map_err(FileError::io("remove", part))
}
