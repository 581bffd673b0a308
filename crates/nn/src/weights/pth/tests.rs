//! Files that PyTorch wrote are read in the workspace's tests; here are those that nobody should write.

use super::*;
use crate::Linear;
use crate::weights::load;
use std::io::Write;
use tape::Params;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A pickle of `{"fc.weight": tensor, "fc.bias": tensor}` with these shapes and strides.
fn pickle(weight: (&[u8], &[u8]), count: u8) -> Vec<u8> {
    let mut bytes = b"\x80\x02}(".to_vec();
    for (name, key, (shape, strides), count) in [("fc.weight", b'0', weight, count), ("fc.bias", b'1', (&[2], &[1]), 2)]
    {
        bytes.extend([b'X', name.len() as u8, 0, 0, 0]);
        bytes.extend(name.bytes());
        bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0");
        bytes.extend([key, b'X', 3, 0, 0, 0, b'c', b'p', b'u', b'K', count, b't', b'Q', b'K', 0]);
        for sizes in [shape, strides] {
            bytes.push(b'(');
            sizes.iter().for_each(|&size| bytes.extend([b'K', size]));
            bytes.push(b't');
        }
        bytes.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    bytes.extend(b"u.");
    bytes
}

fn archive(pickle: &[u8], storages: [&[f32]; 2]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(name, options).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("model/data.pkl", pickle);
    add("model/byteorder", b"little");
    for (key, numbers) in storages.iter().enumerate() {
        add(&format!("model/data/{key}"), &numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
    }
    zip.finish().unwrap().into_inner()
}

/// Loads a file into a layer of three inputs and two outputs; the result is its weight.
fn weight_of(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pth");
    std::fs::write(&path, bytes).unwrap();
    let mut params = Params::<f32>::new(0);
    let fc = Linear::new(params.root().at("fc"), 3, 2);
    load(&mut params, &path).map_err(|error| error.to_string())?;
    Ok(params.get(fc.weight()).tensor().as_slice().to_vec())
}

const SIX: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

#[test]
fn tensors_come_out_in_row_major_order() {
    let rows = archive(&pickle((&[2, 3], &[3, 1]), 6), [&SIX, &[7.0, 8.0]]);
    assert_eq!(weight_of(&rows).unwrap(), SIX);
    let columns = archive(&pickle((&[2, 3], &[1, 2]), 6), [&SIX, &[7.0, 8.0]]);
    assert_eq!(weight_of(&columns).unwrap(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
}

#[test]
fn what_lies_about_its_size_is_refused() {
    let refused = |weight: (&[u8], &[u8]), count: u8, message: &str| {
        let error = weight_of(&archive(&pickle(weight, count), [&SIX, &[7.0, 8.0]])).unwrap_err();
        assert!(error.contains(message), "{error}");
    };
    refused((&[2, 3], &[4, 1]), 6, "tensor fc.weight reaches beyond its storage of 6 numbers");
    refused((&[200, 200], &[0, 0]), 6, "reaches beyond its storage");
    refused((&[2, 3], &[3, 1]), 7, "storage 0: expected 28 bytes, found 24");
    refused((&[2, 3], &[3, 1]), 5, "data/0: more than 20 bytes");
    refused((&[3, 2], &[2, 1]), 6, "fc.weight: expected F32 [2, 3], found F32 [3, 2]");
}

#[test]
fn nothing_is_executed() {
    let refused = |pickle: &[u8], message: &str| {
        let error = weight_of(&archive(pickle, [&SIX, &[7.0, 8.0]])).unwrap_err();
        assert!(error.contains(message), "{error}");
    };
    refused(b"cos\nsystem\n(X\x04\0\0\0truetR.", "the name os.system");
    refused(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.", "the name builtins.eval");
    refused(b"(X\x02\0\0\0osX\x06\0\0\0systemi", "the opcode 0x69");
    refused(b"ctorch\nFloatStorage\n)R.", "a call other than of what builds tensors");
    refused(b"}.", "it holds no tensors");
    refused(b"N.", "no dictionary of tensors");
    refused(b"}", "the pickle ends early");
    refused(b"u.", "an end without a beginning");
    refused(b"X\xff\xff\xff\xff", "the pickle ends early");
    // A dictionary that contains itself, and tuples in tuples.
    refused(b"}q\0X\x0a\0\0\0state_dicth\0s.", "it holds no tensors");
    refused(&[b")".to_vec(), b"\x85".repeat(100_000), b".".to_vec()].concat(), "tuples of more than 16 levels");
    let deep = [b"}q\0".to_vec(), b"X\x01\0\0\0a}q\x01sh\x01".repeat(100_000), b".".to_vec()].concat();
    refused(&deep, "");
}

#[test]
fn no_damaged_file_is_accepted_or_crashes() {
    let good = archive(&pickle((&[2, 3], &[3, 1]), 6), [&SIX, &[7.0, 8.0]]);
    for length in 0..good.len() {
        // The end of an archive may be cut within its comment alone.
        assert!(weight_of(&good[..length]).is_err(), "cut to {length} of {} bytes", good.len());
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x24;
        // The checksum of the archive guards its files; the rest is names, dates and sizes.
        if let Ok(weight) = weight_of(&bytes) {
            assert_eq!(weight, SIX, "byte {at}");
        }
    }
}

/// As PyTorch wrote files before 2020.
fn legacy(pickle: &[u8], storages: [&[f32]; 2]) -> Vec<u8> {
    let mut bytes = [legacy::MAGIC, b"\x80\x02M\xe9\x03.", b"\x80\x02}X\x0d\0\0\0little_endian\x88s."].concat();
    bytes.extend(pickle);
    bytes.extend(b"\x80\x02]q\0(X\x01\0\0\x000X\x01\0\0\x001e.");
    for numbers in storages {
        bytes.extend((numbers.len() as u64).to_le_bytes());
        numbers.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    }
    bytes
}

#[test]
fn files_from_before_archives() {
    let good = legacy(&pickle((&[2, 3], &[3, 1]), 6), [&SIX, &[7.0, 8.0]]);
    assert_eq!(weight_of(&good).unwrap(), SIX);
    for length in 0..good.len() {
        assert!(weight_of(&good[..length]).is_err(), "cut to {length} of {} bytes", good.len());
    }
    let short = legacy(&pickle((&[2, 3], &[3, 1]), 7), [&SIX, &[7.0, 8.0]]);
    assert!(weight_of(&short).unwrap_err().contains("storage 0: expected 7 numbers, found 6"));
}
