//! An HTTP server on this machine that gives the answers it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

/// An answer, as it goes over the connection, which is closed then.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    /// A status line such as `200 OK`, headers, and a body.
    pub(super) fn new(status: &str, headers: &[(&str, String)], body: &[u8]) -> Answer {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
        Answer([head.as_bytes(), body].concat())
    }

    /// The whole of `body`, with its length.
    pub(super) fn whole(body: &[u8]) -> Answer {
        Answer::new("200 OK", &[("Content-Length", body.len().to_string())], body)
    }

    /// The whole of `body` announced, but only `sent` bytes sent.
    pub(super) fn cut(body: &[u8], sent: usize) -> Answer {
        Answer::new("200 OK", &[("Content-Length", body.len().to_string())], &body[..sent])
    }

    /// `body` from the byte `start` on.
    pub(super) fn rest(body: &[u8], start: usize) -> Answer {
        let length = body.len();
        let range = format!("bytes {start}-{}/{length}", length - 1);
        let headers = [("Content-Length", (length - start).to_string()), ("Content-Range", range)];
        Answer::new("206 Partial Content", &headers, &body[start..])
    }

    /// A status without a body.
    pub(super) fn status(status: &str) -> Answer {
        Answer::new(status, &[("Content-Length", "0".to_string())], b"")
    }
}

/// A server that gives each answer once, in this order, and refuses connections afterwards.
pub(super) struct Server {
    address: SocketAddr,
    thread: JoinHandle<Vec<Option<String>>>,
}

impl Server {
    pub(super) fn start(answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            answers.iter().map(|Answer(bytes)| answer(&listener, bytes)).collect::<Vec<_>>()
        });
        Server { address, thread }
    }

    /// The address that the name of a file completes. It lives as long as the tests, as those of the catalog do.
    pub(super) fn mirror(&self) -> &'static str {
        format!("http://{}/", self.address).leak()
    }

    /// The `Range` of each request. Waits until every answer was asked for.
    pub(super) fn ranges(self) -> Vec<Option<String>> {
        self.thread.join().unwrap()
    }
}

/// An address where nothing listens.
pub(super) fn nobody() -> &'static str {
    Server::start(Vec::new()).mirror()
}

/// Answers one request, and returns its `Range`.
fn answer(listener: &TcpListener, bytes: &[u8]) -> Option<String> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut range = None;
    for line in BufReader::new(&stream).lines() {
        let line = line.unwrap().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        range = line.strip_prefix("range: ").map(str::to_string).or(range);
    }
    // A client that has read enough hangs up.
    _ = stream.write_all(bytes);
    range
}
