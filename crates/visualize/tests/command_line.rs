//! The program as people call it: results, and mistakes of every kind, after which nothing is left behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn visualize(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visualize"));
    command.args(arguments).current_dir(folder).env_remove("RETROGRADE_DATA").env("HOME", folder);
    command.env_remove("XDG_DATA_HOME").output().unwrap()
}

fn succeeds(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The program says all of these words on its error stream, ends with code 2, and leaves no results.
#[track_caller]
fn refuses(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = visualize(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    words.iter().for_each(|word| assert!(errors.contains(word), "{word:?} is missing in\n{errors}"));
    assert!(!folder.join("runs").exists(), "{arguments:?} left something behind");
}

/// Width, height and bytes of a PNG file.
fn png(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn the_main_job_is_one_sheet_of_all_methods() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(visualize(folder.path(), &[]));
    let (width, height) = png(&folder.path().join("runs/visualize/1/gallery.png"));
    assert!(width > 1500 && height > 1000, "{width}×{height}");
    for method in ["saliency", "integrated-gradients", "guided-backprop", "gradcam", "occlusion"] {
        assert!(text.contains(&format!("visualize attribute PICTURE --method {method}\n")), "{text}");
    }
}

#[test]
fn pictures_are_classified_and_attributed() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(visualize(folder.path(), &["classify", "shapes:0", "photo:rocket"]));
    assert!(text.contains("shapes:0\n  99.97 %     1  ring") && text.contains("photo:rocket"), "{text}");
    succeeds(visualize(folder.path(), &["attribute", "shapes:0", "--method", "all", "--out", "all"]));
    png(&folder.path().join("all/1-shapes-0.png"));
    for command in ["saliency", "gradcam", "guided"] {
        succeeds(visualize(folder.path(), &[command, "shapes:2", "--class", "star", "--out", command]));
        png(&folder.path().join(command).join("1-shapes-2.png"));
    }
    succeeds(visualize(folder.path(), &["gradcam", "shapes:2", "--layer", "2", "--out", "layer"]));
    let text = succeeds(visualize(folder.path(), &["zoo", "squeezenet1_1"]));
    assert!(text.contains("  features.12\n") && !text.contains("layer1"), "{text}");
    assert!(succeeds(visualize(folder.path(), &["zoo"])).contains("vgg19"));
}

#[test]
fn networks_are_fooled_and_dream() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(visualize(folder.path(), &["fool", "shapes:0", "--target", "disk", "--out", "fooled"]));
    assert!(text.contains("before: ring 100.0 %") && text.contains(": disk ") && text.contains("PSNR"), "{text}");
    let dream = ["dream", "disk", "--iterations", "20", "--out", "dream"];
    assert!(succeeds(visualize(folder.path(), &dream)).starts_with("disk "));
    succeeds(visualize(folder.path(), &["deep-dream", "shapes:3", "--out", "deep"]));
    succeeds(visualize(folder.path(), &["invert", "shapes:3", "--iterations", "5", "--out", "inverted"]));
    for file in
        ["fooled/fooled.png", "dream/stages.png", "dream/picture.png", "deep/deep-dream.png", "inverted/result.png"]
    {
        png(&folder.path().join(file));
    }
}

#[test]
fn a_profile_names_the_operations() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(visualize(folder.path(), &["fool", "shapes:5", "--target", "ring", "--profile"]));
    assert!(text.contains("peak of the machine") && text.lines().any(|line| line.starts_with("conv2d ")), "{text}");
}

#[test]
fn what_is_no_picture_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let photo = datasets::PHOTOS[1].1;
    fs::write(path.join("text.png"), "no picture").unwrap();
    fs::write(path.join("half.jpg"), &photo[..photo.len() / 2]).unwrap();
    let mut huge = photo.to_vec();
    // The frame header: marker, length, precision, height, width.
    let frame = huge.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    fs::write(path.join("huge.jpg"), huge).unwrap();
    refuses(path, &["saliency", "nowhere.png"], &["nowhere.png"]);
    refuses(path, &["saliency", "text.png"], &["text.png: contents: expected a whole PNG or JPEG"]);
    refuses(path, &["saliency", "half.jpg"], &["half.jpg: contents: expected a whole JPEG"]);
    refuses(path, &["saliency", "huge.jpg"], &["huge.jpg", "10000×10000"]);
    refuses(path, &["saliency", "photo:cat"], &["no picture \"photo:cat\"", "photo:chelsea"]);
    refuses(path, &["saliency", "shapes:999999"], &["shapes:0 to shapes:"]);
}

#[test]
fn pictures_of_every_kind_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let one = draw::ContactSheet::new("sheet").picture(draw::Picture::new(1, 1, 1, vec![7]), [""; 0]);
    fs::write(folder.path().join("sheet.png"), one.to_png().unwrap()).unwrap();
    fs::write(folder.path().join("chelsea.jpg"), datasets::PHOTOS[1].1).unwrap();
    let text = succeeds(visualize(folder.path(), &["classify", "sheet.png", "chelsea.jpg"]));
    assert!(text.contains("\nsheet.png\n") && text.contains("\nchelsea.jpg\n"), "{text}");
}

#[test]
fn other_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let shapes = datasets::SHAPES_NETWORK;
    fs::write(path.join("shapes.safetensors"), shapes).unwrap();
    fs::write(path.join("cut.safetensors"), &shapes[..shapes.len() - 100]).unwrap();
    // A tensor that is said to reach far beyond the file.
    let text = String::from_utf8_lossy(shapes).find("\"data_offsets\":[0,64]").unwrap();
    let mut lying = shapes.to_vec();
    lying[text..text + 21].copy_from_slice(b"\"data_offsets\":[0,99]");
    fs::write(path.join("lying.safetensors"), lying).unwrap();
    fs::write(path.join("hostile.pth"), hostile()).unwrap();
    let with = |file: &'static str| ["classify", "shapes:0", "--weights", file];
    succeeds(visualize(path, &with("shapes.safetensors")));
    refuses(path, &with("nowhere.safetensors"), &["cannot read nowhere.safetensors"]);
    refuses(path, &with("cut.safetensors"), &["cut.safetensors", "no whole file of weights"]);
    refuses(path, &with("lying.safetensors"), &["lying.safetensors", "no whole file of weights"]);
    refuses(path, &with("hostile.pth"), &["hostile.pth", "name the architecture with --model"]);
    let known = |file: &'static str| [&with(file)[..], &["--model", "squeezenet1_1"]].concat();
    refuses(path, &known("hostile.pth"), &["hostile.pth", "the name os.system"]);
    assert!(!path.join("executed").exists());
    refuses(path, &known("shapes.safetensors"), &["weights of another model: 52 missing", "10 not expected"]);
    refuses(path, &["classify", "shapes:0", "--model", "squeezenet1_1"], &["cargo xtask data squeezenet"]);
    refuses(path, &["classify", "shapes:0", "--model", "squeezenet"], &["did you mean \"squeezenet1_"]);
    refuses(path, &["classify", "shapes:0", "--model", "vgg16"], &["vgg16 needs --weights"]);
    let style = ["style", "--content", "photo:rocket", "--style", "photo:coffee"];
    refuses(path, &style, &["style needs such a network"]);
}

/// A file that would run a command, were it unpickled by Python.
fn hostile() -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    [&magic[..], b"cos\nsystem\n(X\x0e\0\0\0touch executedtR."].concat()
}

#[test]
fn unknown_classes_and_layers_are_answered_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    refuses(path, &["dream", "stra"], &["no class \"stra\" (did you mean \"star\"?)", "0 to 9"]);
    refuses(path, &["fool", "shapes:0", "--target", "10"], &["no class \"10\""]);
    refuses(path, &["gradcam", "shapes:0", "--layer", "flaten"], &["no layer \"flaten\"", "there are 0, 1, 2"]);
    fs::write(path.join("names.txt"), "one\ntwo\n").unwrap();
    refuses(path, &["classify", "shapes:0", "--classes", "names.txt"], &["expected 10 names", "found 2"]);
}

#[test]
fn every_example_of_the_help_is_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let help = succeeds(visualize(folder.path(), &["--help"]));
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  visualize ")).collect();
    assert!(examples.len() >= 6, "{help}");
    for example in examples.iter().filter(|example| !example.contains("--model")) {
        succeeds(visualize(folder.path(), &example.split(' ').collect::<Vec<_>>()));
    }
    for command in ["classify", "attribute", "dream", "fool", "style", "invert", "zoo", "gallery"] {
        assert!(succeeds(visualize(folder.path(), &[command, "--help"])).contains("Usage: visualize"), "{command}");
    }
    assert!(succeeds(visualize(folder.path(), &["completions", "bash"])).contains("--target"));
}
