//! Figures decoded again: they have their size, show their data, and bad data or folders never panic.

use retrograde_draw::{Curve, DrawError, Figure, HeatTable, RatioChart};

/// Width, height and pixels.
fn decode(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let pixels = bytes[..info.buffer_size()].chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    (info.width, info.height, pixels)
}

/// How many pixels in the panel, right of the tick labels and below the legend, have the first curve's blue.
fn blue(figure: &Figure) -> usize {
    let (width, _, pixels) = decode(&figure.to_png().unwrap());
    let below_legend = &pixels[(130 * width) as usize..];
    below_legend.iter().filter(|&&pixel| pixel == [0, 114, 178]).count()
}

fn line(values: &[(f64, f64)]) -> Figure {
    Figure::new("Loss").axis_labels("epoch", "loss").curve(Curve::new("train", values))
}

#[test]
fn a_figure_has_its_size_and_shows_its_data() {
    let falling = line(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
    let rising = line(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
    let (width, height, pixels) = decode(&falling.to_png().unwrap());
    assert_eq!((width, height, pixels.len()), (1200, 750, 900_000));
    assert!(blue(&falling) > 1000);
    assert_ne!(falling.to_png().unwrap(), rising.to_png().unwrap());
    assert_eq!(falling.to_png().unwrap(), falling.to_png().unwrap());
}

#[test]
fn a_falling_curve_falls() {
    let (width, _, pixels) = decode(&line(&[(0.0, 3.0), (1.0, 1.0)]).to_png().unwrap());
    let rows = |from: usize, to: usize| {
        let found = pixels.iter().enumerate().filter(move |(i, pixel)| {
            (from..to).contains(&(i % width as usize)) && *i > 130 * width as usize && **pixel == [0, 114, 178]
        });
        let rows: Vec<usize> = found.map(|(i, _)| i / width as usize).collect();
        rows.iter().sum::<usize>() / rows.len()
    };
    assert!(rows(100, 400) + 100 < rows(800, 1200), "the y axis must point up");
}

#[test]
fn a_single_point_is_visible() {
    assert!(blue(&line(&[(1.0, 2.0)])) > 60);
    assert!(blue(&line(&[(1.0, f64::NAN), (2.0, 5.0), (3.0, f64::INFINITY)])) > 60);
    // Among so many points that markers are left out, too.
    let lonely: Vec<_> = (0..100).map(|i| (f64::from(i), if i == 50 { 1.0 } else { f64::NAN })).collect();
    assert!(blue(&line(&lonely)) > 60);
}

#[test]
fn what_cannot_be_shown_is_left_out_and_interrupts_the_curve() {
    let whole = line(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]);
    let broken = line(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 1.0)]);
    assert!(blue(&broken) < blue(&whole) / 2);
    // On a logarithmic axis, 0 has no place.
    assert!(line(&[(0.0, 0.0), (1.0, 1.0)]).log_y().to_png().is_ok());
    assert!(matches!(line(&[(0.0, 0.0), (1.0, -1.0)]).log_y().to_png(), Err(DrawError::Empty { values: 2, .. })));
}

#[test]
fn nothing_to_draw_is_an_error() {
    let error = Figure::new("Loss").to_png().unwrap_err();
    assert!(error.to_string().contains("\"Loss\" has nothing to draw"), "{error}");
    assert!(matches!(line(&[]).to_png(), Err(DrawError::Empty { values: 0, .. })));
    assert!(matches!(line(&[(1.0, f64::NAN)]).to_png(), Err(DrawError::Empty { values: 1, .. })));
}

#[test]
fn extreme_data_never_panics() {
    let extremes = [0.0, 1e-320, 1e-99, -1e99, 1e99, 1e300, f64::MAX, f64::MIN, f64::INFINITY, f64::NAN, 1.0 + 1e-15];
    for (i, &a) in extremes.iter().enumerate() {
        let b = extremes[(i * 7 + 3) % extremes.len()];
        let linear = line(&[(a, b), (b, a), (1.0, 1.0)]);
        let logarithmic = line(&[(1.0, 1.0), (2.0, a), (3.0, b)]).log_y();
        for figure in [linear.clone(), linear.percent(), logarithmic] {
            figure.strip("rate", [(1.0, a), (b, 2.0)]).mark("mark", (a, b)).to_png().unwrap();
        }
    }
}

#[test]
fn long_names_and_many_curves_fit() {
    let mut figure = Figure::new("a very long title ".repeat(40)).axis_labels("x".repeat(500), "y\n".repeat(300));
    for i in 0..40 {
        figure = figure.curve(Curve::new(format!("setting number {i}"), [(0.0, f64::from(i)), (1.0, 40.0)]));
    }
    figure.note("note ".repeat(100)).to_png().unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let figure = line(&[(1.0, 1.0)]);
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    std::fs::create_dir(folder.path().join("taken.png")).unwrap();
    for path in [folder.path().join("missing/loss.png"), file.join("loss.png"), folder.path().join("taken.png")] {
        let error = figure.save(&path).unwrap_err();
        assert!(matches!(&error, DrawError::Write { path: found, .. } if *found == path));
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    }
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["file", "taken.png"]);
}

#[test]
fn a_saved_figure_is_the_drawn_one() {
    let folder = tempfile::tempdir().unwrap();
    let figure = line(&[(1.0, 1.0), (2.0, 0.5)]);
    figure.save(folder.path().join("loss.png")).unwrap();
    assert_eq!(std::fs::read(folder.path().join("loss.png")).unwrap(), figure.to_png().unwrap());
}

#[test]
fn a_heat_table_is_darkest_where_its_numbers_are_largest() {
    let names = |names: [&str; 2]| names.map(String::from).to_vec();
    let table = |values: [[f64; 2]; 2]| {
        let values = values.map(Vec::from).to_vec();
        HeatTable::new("Attention", names(["the", "dog"]), names(["der", "Hund"]), values).to_png().unwrap()
    };
    // The mean column of the pixels that have the color of the number 1.
    let place = |values| {
        let (width, _, pixels) = decode(&table(values));
        let full = pixels.iter().enumerate().filter(|(_, pixel)| **pixel == [0, 90, 160]);
        let columns: Vec<usize> = full.map(|(i, _)| i % width as usize).collect();
        assert!(columns.len() > 500, "{}", columns.len());
        columns.iter().sum::<usize>() / columns.len()
    };
    assert!(place([[1.0, 0.0], [1.0, 0.0]]) + 30 < place([[0.0, 1.0], [f64::NAN, 1.0]]));
    let empty = HeatTable::new("Attention", vec![], names(["der", "Hund"]), vec![]);
    assert!(matches!(empty.to_png(), Err(DrawError::Empty { values: 0, .. })));
}

#[test]
fn bars_start_at_one() {
    let columns = |ratio: f64| {
        let chart =
            RatioChart::new("Time", vec!["other".into()], vec![("a".into(), vec![ratio]), ("b".into(), vec![2.0])]);
        let (width, _, pixels) = decode(&chart.to_png().unwrap());
        // The middle of the first row's bar.
        let row = &pixels[(140 * width) as usize..][..width as usize];
        let blue = row.iter().filter(|&&pixel| pixel == [0, 114, 178]).count();
        let line = row.iter().rposition(|&pixel| pixel == [34, 34, 34]).unwrap();
        (blue, row[..line].contains(&[0, 114, 178]))
    };
    let ((longer, longer_left), (shorter, shorter_left)) = (columns(2.0), columns(0.5));
    assert!(longer > 500 && !longer_left, "{longer}");
    assert!((200..500).contains(&shorter) && shorter_left, "{shorter}");
    assert_eq!(columns(f64::NAN).0, 0);
    let empty = RatioChart::new("Time", vec!["other".into()], vec![("a".into(), vec![0.0])]).to_png();
    assert!(matches!(empty, Err(DrawError::Empty { values: 1, .. })));
}
