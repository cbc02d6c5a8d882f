"""Training a recipe from start to finish: model, data, the compiled step, schedule, run folder."""
