//! Downloads from a server on this machine, which behaves and misbehaves as servers do.

mod server;

use super::*;
use server::{Answer, Server, nobody};
use tempfile::TempDir;

const SIZE: usize = 200_000;

/// The SHA-256 of [`content`], computed with Python's hashlib.
const FILE: DataFile = DataFile {
    name: "file.gz",
    size: SIZE as u64,
    sha256: "b4d0f5e823d2fa520795b8d6c82b6c7e502d45e5b4dae6e5b69590ca2477bf53",
};

fn content() -> Vec<u8> {
    (0..SIZE).map(|i| ((i * i / 7 + i) % 256) as u8).collect()
}

/// The content with its first byte changed.
fn changed() -> Vec<u8> {
    let mut changed = content();
    changed[0] ^= 1;
    changed
}

/// A folder to download to, with a part of these bytes if there are any.
fn folder(part: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if !part.is_empty() {
        fs::write(folder.path().join("file.gz.part"), part).unwrap();
    }
    folder
}

/// Downloads [`FILE`] from these mirrors.
fn download(folder: &TempDir, mirrors: &[&'static str]) -> Result<&'static str, DownloadError> {
    let mirrors = mirrors.to_vec().leak();
    let dataset = Dataset { name: "test", title: "Test", mirrors, files: &[FILE], members: &[], command: "use FOLDER" };
    // A proxy of the environment does not know servers of this machine.
    let agent = Agent::new_with_config(transfer::limits().proxy(None).build());
    fetch(&agent, &dataset, &FILE, folder.path(), &Progress::new(&FILE))
}

/// The names and lengths of the files in a folder.
fn files(folder: &TempDir) -> Vec<(String, u64)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len())).collect()
}

/// Holds a folder to having the content, and nothing else.
#[track_caller]
fn is_complete(folder: &TempDir) {
    assert_eq!(files(folder), [("file.gz".to_string(), FILE.size)]);
    assert!(fs::read(folder.path().join("file.gz")).unwrap() == content(), "other bytes");
}

/// Holds a folder to having a part of that length, and nothing else.
#[track_caller]
fn has_part(folder: &TempDir, length: usize) {
    assert_eq!(files(folder), [("file.gz.part".to_string(), length as u64)]);
}

/// The only reason of a failure.
#[track_caller]
fn refusal(result: Result<&str, DownloadError>) -> Refusal {
    match result {
        Err(DownloadError::NoMirror { mut refusals, .. }) if refusals.len() == 1 => refusals.remove(0).1,
        other => panic!("{other:?}"),
    }
}

fn range(range: &str) -> Option<String> {
    Some(range.to_string())
}

#[test]
fn a_file_is_downloaded() {
    let (server, folder) = (Server::start(vec![Answer::whole(&content())]), folder(b""));
    assert_eq!(download(&folder, &[server.mirror()]).unwrap(), server.mirror());
    is_complete(&folder);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_body_of_unknown_length_is_downloaded() {
    let (server, folder) = (Server::start(vec![Answer::new("200 OK", &[], &content())]), folder(b""));
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
}

#[test]
fn a_cut_connection_is_made_again_for_the_rest() {
    let answers = vec![Answer::cut(&content(), 70_000), Answer::rest(&content(), 70_000)];
    let (server, folder) = (Server::start(answers), folder(b""));
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
    assert_eq!(server.ranges(), [None, range("bytes=70000-")]);
}

#[test]
fn the_next_run_goes_on_where_the_last_ended() {
    let (server, folder) = (Server::start(vec![Answer::cut(&content(), 70_000)]), folder(b""));
    let error = download(&folder, &[server.mirror()]).unwrap_err();
    has_part(&folder, 70_000);
    assert!(error.to_string().contains("goes on after the 70000 bytes in"), "{error}");
    let server = Server::start(vec![Answer::rest(&content(), 70_000)]);
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
    assert_eq!(server.ranges(), [range("bytes=70000-")]);
}

#[test]
fn another_mirror_gives_the_rest() {
    let cut = [Answer::cut(&content(), 70_000), Answer::status("503 Service Unavailable")];
    let (one, two) = (Server::start(cut.into()), Server::start(vec![Answer::rest(&content(), 70_000)]));
    let folder = folder(b"");
    assert_eq!(download(&folder, &[one.mirror(), two.mirror()]).unwrap(), two.mirror());
    is_complete(&folder);
    assert_eq!(two.ranges(), [range("bytes=70000-")]);
}

#[test]
fn a_mirror_that_cuts_again_and_again_is_given_up() {
    let server = Server::start(vec![Answer::cut(&content(), 70_000), Answer::cut(&content(), 70_000)]);
    let folder = folder(b"");
    let refusal = refusal(download(&folder, &[server.mirror()]));
    assert!(matches!(refusal, Refusal::Cut { found: 70_000, .. }), "{refusal}");
    assert_eq!(server.ranges(), [None, range("bytes=70000-")]);
    has_part(&folder, 70_000);

    let steps = (0..REQUESTS).map(|i| match i {
        0 => Answer::cut(&content(), 1),
        _ => Answer::new(
            "206 Partial Content",
            &[("Content-Range", format!("bytes {i}-199999/200000"))],
            &content()[i..=i],
        ),
    });
    let (server, folder) = (Server::start(steps.collect()), self::folder(b""));
    let refusal = self::refusal(download(&folder, &[server.mirror()]));
    assert!(matches!(refusal, Refusal::Cut { found: 5, .. }), "{refusal}");
    assert_eq!(server.ranges().len(), 5);
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let (server, folder) = (Server::start(vec![Answer::whole(&content())]), folder(&[9; 70_000]));
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
    assert_eq!(server.ranges(), [range("bytes=70000-")]);
}

#[test]
fn a_range_that_cannot_be_had_is_given_up_for_the_whole_file() {
    for refusal in [Answer::status("416 Range Not Satisfiable"), Answer::rest(&content(), 60_000)] {
        let (server, folder) = (Server::start(vec![refusal, Answer::whole(&content())]), folder(&content()[..70_000]));
        download(&folder, &[server.mirror()]).unwrap();
        is_complete(&folder);
        assert_eq!(server.ranges(), [range("bytes=70000-"), None]);
    }
}

#[test]
fn a_complete_part_needs_no_request() {
    let folder = folder(&content());
    download(&folder, &[nobody()]).unwrap();
    is_complete(&folder);
}

#[test]
fn a_part_that_is_too_long_is_not_gone_on_with() {
    let (server, folder) = (Server::start(vec![Answer::whole(&content())]), folder(&[9; SIZE + 1]));
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_part_of_something_else_costs_one_more_request() {
    let answers = vec![Answer::rest(&content(), 70_000), Answer::whole(&content())];
    let (server, folder) = (Server::start(answers), folder(&[9; 70_000]));
    download(&folder, &[server.mirror()]).unwrap();
    is_complete(&folder);
    assert_eq!(server.ranges(), [range("bytes=70000-"), None]);
}

#[test]
fn a_wrong_checksum_is_an_error_and_leaves_nothing() {
    let (server, folder) = (Server::start(vec![Answer::whole(&changed())]), folder(b""));
    let refusal = refusal(download(&folder, &[server.mirror()]));
    let Refusal::Wrong(FileError::Wrong { path, expected, found, .. }) = &refusal else { panic!("{refusal}") };
    assert_eq!(path, &folder.path().join("file.gz.part"));
    assert_eq!(expected, &format!("SHA-256 {}", FILE.sha256));
    assert_eq!(found, "SHA-256 e9eb33039dcf2057d0ba0152f48c38bfcc444e1ae90db3312d6d432c2a8c5b29");
    assert_eq!(files(&folder), []);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_mirror_with_other_contents_is_passed_over() {
    let (one, two) = (Server::start(vec![Answer::whole(&changed())]), Server::start(vec![Answer::whole(&content())]));
    let folder = folder(b"");
    assert_eq!(download(&folder, &[one.mirror(), two.mirror()]).unwrap(), two.mirror());
    is_complete(&folder);
}

#[test]
fn a_mirror_that_lacks_the_file_is_passed_over() {
    let (one, two) =
        (Server::start(vec![Answer::status("404 Not Found")]), Server::start(vec![Answer::whole(&content())]));
    let folder = folder(b"");
    assert_eq!(download(&folder, &[one.mirror(), two.mirror()]).unwrap(), two.mirror());
    is_complete(&folder);
    assert_eq!((one.ranges(), two.ranges()), (vec![None], vec![None]));
}

#[test]
fn a_body_that_is_too_long_is_not_kept() {
    let long = [content(), vec![0; 1 << 20]].concat();
    let (server, folder) = (Server::start(vec![Answer::new("200 OK", &[], &long)]), folder(b""));
    let refusal = refusal(download(&folder, &[server.mirror()]));
    assert!(matches!(refusal, Refusal::TooLong { expected: 200_000 }), "{refusal}");
    assert_eq!(files(&folder), []);
}

#[test]
fn a_body_of_another_length_is_not_read_and_the_part_stays() {
    let long = [content(), vec![0]].concat();
    for (answer, offered) in [(Answer::whole(b"please log in"), 13), (Answer::rest(&long, 70_000), 200_001)] {
        let (server, folder) = (Server::start(vec![answer]), folder(&content()[..70_000]));
        let refusal = refusal(download(&folder, &[server.mirror()]));
        assert!(matches!(refusal, Refusal::Length { found, .. } if found == offered), "{refusal}");
        has_part(&folder, 70_000);
    }
}

#[test]
fn without_a_network_the_way_by_hand_is_told() {
    let folder = folder(b"");
    let (one, two) = (nobody(), nobody());
    let error = download(&folder, &[one, two]).unwrap_err();
    let DownloadError::NoMirror { refusals, .. } = &error else { panic!("{error}") };
    assert!(matches!(refusals[..], [(_, Refusal::Request(_)), (_, Refusal::Request(_))]), "{error}");
    let message = error.to_string();
    let place = folder.path().display().to_string();
    for needed in [one, two, "file.gz", FILE.sha256, "200000 bytes", &place, &format!("use {place}")] {
        assert!(message.contains(needed), "{needed} is missing in\n{message}");
    }
    assert_eq!(files(&folder), []);
}

#[test]
fn a_fault_of_this_machine_is_not_blamed_on_mirrors() {
    let (server, folder) = (Server::start(vec![Answer::whole(&content())]), folder(b""));
    fs::create_dir(folder.path().join("file.gz")).unwrap();
    let error = download(&folder, &[server.mirror(), nobody()]).unwrap_err();
    assert!(matches!(&error, DownloadError::File(FileError::Io { action: "rename", .. })), "{error}");
}
