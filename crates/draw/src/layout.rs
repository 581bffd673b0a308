//! Where everything in a figure goes: title, legend, panel, strip, axis and note, from top to bottom.

use crate::axis::{Axis, Scale};
use crate::canvas::{Canvas, Ink, Marker, Point};
use crate::{Curve, DrawError, Figure};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 750;
const EDGE: f64 = 30.0;
const STRIP_HEIGHT: f64 = 84.0;

const TITLE: f32 = 32.0;
const LABEL: f32 = 22.0;
const TICK: f32 = 20.0;

const fn rgb(red: u8, green: u8, blue: u8) -> Ink {
    plotters::style::RGBColor(red, green, blue)
}

pub(crate) const INK: Ink = rgb(34, 34, 34);
pub(crate) const GRAY: Ink = rgb(95, 95, 95);
pub(crate) const WHITE: Ink = rgb(255, 255, 255);
pub(crate) const GRID: Ink = rgb(226, 226, 226);
pub(crate) const FRAME: Ink = rgb(140, 140, 140);

/// Okabe and Ito's palette without yellow, which is too light for lines: blue, vermilion, green, purple, orange, sky
/// blue, black.
pub(crate) const COLORS: [Ink; 7] = [
    rgb(0, 114, 178),
    rgb(213, 94, 0),
    rgb(0, 158, 115),
    rgb(204, 121, 167),
    rgb(230, 159, 0),
    rgb(86, 180, 233),
    rgb(0, 0, 0),
];
const MARKERS: [Marker; 3] = [Marker::Disk, Marker::Square, Marker::Triangle];
/// Curves with more points than this have no markers, which would hide them.
const MOST_MARKERS: usize = 40;
/// Curves with more points than this are thin, so that noise does not become a band.
const MANY_POINTS: usize = 400;
const LEGEND_ROWS: usize = 5;

/// A rectangle of the canvas.
#[derive(Clone, Copy)]
struct Panel {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// Color, marker and pattern of a curve.
#[derive(Clone, Copy)]
struct Style {
    color: Ink,
    marker: Marker,
    dashed: bool,
    width: f64,
    /// Whether points have markers; one that stands alone always has.
    marked: bool,
}

impl Style {
    /// The style of the curve at `index`; beyond the last color, the colors come again with dashes.
    fn of(curve: &Curve, index: usize) -> Style {
        let number = curve.color.unwrap_or(index);
        let dashed = curve.dashed != (number / COLORS.len() % 2 == 1);
        let (color, marker) = (COLORS[number % COLORS.len()], MARKERS[number % MARKERS.len()]);
        let count = curve.values.len();
        let width = if count <= MANY_POINTS { 3.0 } else { 1.5 };
        Style { color, marker, dashed, width, marked: count <= MOST_MARKERS }
    }
}

/// Lays the figure out.
pub(crate) fn arrange(figure: &Figure) -> Result<Canvas, DrawError> {
    let all = figure.curves.iter().flat_map(|curve| &curve.values);
    let can_show = |scale: Scale| move |&&(x, y): &&(f64, f64)| Scale::Linear.can_show(x) && scale.can_show(y);
    let shown: Vec<Point> = all.clone().filter(can_show(figure.scale)).copied().collect();
    if shown.is_empty() {
        return Err(DrawError::Empty { title: figure.title.clone(), values: all.count() });
    }
    let left_out = all.count() - shown.len();
    let mark = figure.mark.as_ref().filter(|(_, point)| can_show(figure.scale)(&point));
    let strip = figure.strip.as_ref().map(|strip| (strip, strip_scale(&strip.values)));
    let strip = strip.filter(|(strip, scale)| strip.values.iter().any(|point| can_show(*scale)(&point)));

    let marked = mark.iter().map(|(_, point)| *point);
    let y_axis = Axis::around(shown.iter().copied().chain(marked.clone()).map(|point| point.1), figure.scale, 0.06);
    let below = strip.iter().flat_map(|(strip, scale)| strip.values.iter().filter(can_show(*scale)).copied());
    let xs: Vec<f64> = shown.iter().copied().chain(marked).chain(below.clone()).map(|point| point.0).collect();
    let whole = xs.iter().all(|x| x.fract() == 0.0);
    let x_axis = Axis::around(xs.into_iter(), if whole { Scale::Whole } else { Scale::Linear }, 0.025);
    let strip_axis = strip.map(|(_, scale)| Axis::around(below.map(|point| point.1), scale, 0.15));

    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    let title = canvas.typeface.fitted(&figure.title, TITLE, width - 2.0 * EDGE);
    canvas.text(&title, TITLE, (EDGE, 52.0), INK);
    let mut top = legend(&mut canvas, figure, mark.map(|(label, _)| label.as_str()), 94.0);
    if !figure.labels[1].is_empty() {
        let label = canvas.typeface.fitted(&figure.labels[1], TICK, width - 2.0 * EDGE);
        canvas.text(&label, TICK, (EDGE, top + 12.0), GRAY);
        top += 38.0;
    }

    let note = note(figure, left_out);
    let mut bottom = height - 24.0;
    if !note.is_empty() {
        let note = canvas.typeface.fitted(&note, TICK, width - 2.0 * EDGE);
        canvas.text(&note, TICK, (EDGE, bottom), GRAY);
        bottom -= 34.0;
    }
    if !figure.labels[0].is_empty() {
        bottom -= 32.0;
    }
    bottom -= 28.0;

    let widest = |axis: &Axis| {
        let widths = axis.ticks(6).into_iter().map(|(_, label)| canvas.typeface.width(&label, TICK));
        widths.fold(0.0, f64::max)
    };
    let labels = widest(&y_axis).max(strip_axis.as_ref().map_or(0.0, widest));
    let mut panel = Panel { left: EDGE + labels + 12.0, right: width - EDGE - 10.0, top, bottom };
    if let (Some((strip, scale)), Some(axis)) = (strip, &strip_axis) {
        let below = Panel { top: bottom - STRIP_HEIGHT, ..panel };
        panel.bottom = below.top - 54.0;
        frame(&mut canvas, below, &x_axis, axis, 3, true);
        let label = canvas.typeface.fitted(&strip.label, TICK, width - 2.0 * EDGE);
        canvas.text(&label, TICK, (EDGE, below.top - 22.0), GRAY);
        let style = Style { color: GRAY, ..Style::of(strip, 0) };
        curve(&mut canvas, below, &x_axis, axis, &strip.values, scale, style);
    }
    frame(&mut canvas, panel, &x_axis, &y_axis, 6, strip.is_none());
    let middle = (panel.left + panel.right) / 2.0;
    canvas.text_at(&figure.labels[0], LABEL, 0.5, (middle, bottom + 60.0), GRAY);

    for (index, line) in figure.curves.iter().enumerate() {
        let style = Style::of(line, index);
        curve(&mut canvas, panel, &x_axis, &y_axis, &line.values, figure.scale, style);
    }
    if let Some((_, point)) = mark {
        canvas.marker(Marker::Ring, panel.place(&x_axis, &y_axis, *point), 12.0, INK);
    }
    Ok(canvas)
}

/// Logarithmic where positive values span a factor of 50.
fn strip_scale(values: &[Point]) -> Scale {
    let shown = || values.iter().map(|point| point.1).filter(|&y| Scale::Linear.can_show(y));
    let (low, high) = (shown().fold(f64::INFINITY, f64::min), shown().fold(0.0, f64::max));
    if low > 0.0 && high / low >= 50.0 { Scale::Logarithmic } else { Scale::Linear }
}

/// The caller's note, and how many values are missing.
fn note(figure: &Figure, left_out: usize) -> String {
    let reason = match figure.scale {
        Scale::Logarithmic => "not finite and positive",
        _ => "not finite",
    };
    let missing = match left_out {
        0 => None,
        1 => Some(format!("1 value left out: {reason}")),
        count => Some(format!("{count} values left out: {reason}")),
    };
    figure.note.clone().into_iter().chain(missing).collect::<Vec<_>>().join("; ")
}

/// Rows of samples and names below the title, so that no curve is covered; gives where the next thing starts.
fn legend(canvas: &mut Canvas, figure: &Figure, mark: Option<&str>, mut y: f64) -> f64 {
    const SAMPLE: f64 = 46.0;
    let curves = figure.curves.iter().enumerate().map(|(index, curve)| (&*curve.label, Some(Style::of(curve, index))));
    let entries: Vec<_> =
        curves.chain(mark.map(|label| (label, None))).filter(|(label, _)| !label.is_empty()).collect();
    let (mut x, mut row) = (EDGE, 0);
    for (index, &(label, style)) in entries.iter().enumerate() {
        let room = f64::from(WIDTH) - 2.0 * EDGE - SAMPLE - 10.0;
        let label = canvas.typeface.fitted(label, LABEL, room);
        let width = SAMPLE + 10.0 + canvas.typeface.width(&label, LABEL);
        if x > EDGE && x + width > f64::from(WIDTH) - EDGE {
            (x, row, y) = (EDGE, row + 1, y + 34.0);
        }
        if row == LEGEND_ROWS {
            canvas.text(&format!("… and {} more", entries.len() - index), LABEL, (x, y), GRAY);
            break;
        }
        let middle = (x + SAMPLE / 2.0, y - 7.5);
        match style {
            Some(style) => {
                stroke(canvas, &[(x, middle.1), (x + SAMPLE, middle.1)], style);
                if style.marked {
                    canvas.marker(style.marker, middle, 6.0, style.color);
                }
            }
            None => canvas.marker(Marker::Ring, middle, 10.0, INK),
        }
        canvas.text(&label, LABEL, (x + SAMPLE + 10.0, y), INK);
        x += width + 32.0;
    }
    if entries.is_empty() { y - 20.0 } else { y + 26.0 }
}

impl Panel {
    fn place(&self, x_axis: &Axis, y_axis: &Axis, (x, y): Point) -> Point {
        let (right, up) = (x_axis.fraction(x), y_axis.fraction(y));
        (self.left + right * (self.right - self.left), self.bottom - up * (self.bottom - self.top))
    }
}

/// Grid, frame and tick labels; those of x only where asked for.
fn frame(canvas: &mut Canvas, panel: Panel, x_axis: &Axis, y_axis: &Axis, y_count: usize, with_x_labels: bool) {
    for (fraction, label) in x_axis.ticks(10) {
        let x = panel.left + fraction * (panel.right - panel.left);
        canvas.line([(x, panel.top), (x, panel.bottom)], GRID, 1.0);
        if with_x_labels {
            canvas.text_at(&label, TICK, 0.5, (x, panel.bottom + 28.0), INK);
        }
    }
    for (fraction, label) in y_axis.ticks(y_count) {
        let y = panel.bottom - fraction * (panel.bottom - panel.top);
        canvas.line([(panel.left, y), (panel.right, y)], GRID, 1.0);
        canvas.text_at(&label, TICK, 1.0, (panel.left - 12.0, y + 7.0), INK);
    }
    canvas.line([(panel.left, panel.top), (panel.left, panel.bottom)], FRAME, 1.5);
    canvas.line([(panel.left, panel.bottom), (panel.right, panel.bottom)], FRAME, 1.5);
}

fn stroke(canvas: &mut Canvas, points: &[Point], style: Style) {
    if style.dashed {
        canvas.dashed(points, style.color, style.width, 11.0, 7.0);
    } else {
        canvas.line(points, style.color, style.width);
    }
}

/// A line for every run of points that can be shown, and markers where there are few or a run is a single point.
fn curve(
    canvas: &mut Canvas,
    panel: Panel,
    x_axis: &Axis,
    y_axis: &Axis,
    values: &[Point],
    scale: Scale,
    style: Style,
) {
    for run in values.split(|&(x, y)| !Scale::Linear.can_show(x) || !scale.can_show(y)) {
        let points: Vec<Point> = run.iter().map(|&point| panel.place(x_axis, y_axis, point)).collect();
        if points.len() > 1 {
            stroke(canvas, &points, style);
        }
        for &point in points.iter().filter(|_| style.marked || points.len() == 1) {
            canvas.marker(style.marker, point, 6.0, style.color);
        }
    }
}
