// How the maps of a layer, or the cells of its units, are arranged: the number of columns, and the size of a number.

/**
 * Arrange maps below each other across a width.
 *
 * @param size `width` of a map in numbers, `channels`, and the `gap` between two maps in pixels
 * @param least pixels per number, and `most` of them
 */
export function fillWidth({ width, channels, gap }, { available, least, most }) {
  const columns = chooseColumns(channels, Math.floor((available + gap) / (width * least + gap)));
  const fitting = Math.floor(((available + gap) / columns - gap) / width);
  return { columns, cell: Math.max(Math.min(fitting, most), 1) };
}

/**
 * Arrange maps so that all of them fit into a room and are as large as possible.
 *
 * @param size as for `fillWidth`, with the `height` of a map
 * @param headOf returns the height in pixels of what is drawn above each map, for the pixels of a number
 * @param most pixels per number
 */
export function fillRoom({ height, width, channels, gap }, { available, room, headOf, most }) {
  let best = { columns: 1, cell: 0 };
  for (let columns = channels; columns >= 1; columns--) {
    const rows = Math.ceil(channels / columns);
    let cell = Math.min(Math.floor(((available + gap) / columns - gap) / width), most);
    while (cell > best.cell && rows * (headOf(cell) + height * cell + gap) - gap > room) cell--;
    if (cell > best.cell) best = { columns, cell };
  }
  return best.cell ? best : fillWidth({ width, channels, gap }, { available, least: 1, most: 1 });
}

// As many columns as fit, or a few fewer if that fills the last row.
function chooseColumns(channels, fitting) {
  const most = Math.max(1, Math.min(channels, fitting));
  for (let columns = most; columns > 0.7 * most; columns--) if (channels % columns === 0) return columns;
  return most;
}
