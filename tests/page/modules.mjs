// The page's modules: those of the installed package where KCNN_PAGE names its folder, otherwise those beside the tests.

const folder = process.env.KCNN_PAGE
  ? new URL(`file://${process.env.KCNN_PAGE}/`)
  : new URL("../../keras_cnn_course/page/", import.meta.url);

/** Import a module of the page by its name. */
export function load(name) {
  return import(new URL(`${name}.mjs`, folder));
}
