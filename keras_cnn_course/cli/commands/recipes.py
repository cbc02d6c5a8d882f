"""`kcnn recipes`: list the recipes."""

import click

from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json, wrap

__all__ = ["command"]


@click.command("recipes")
@json_option
def command(as_json: bool) -> None:
    """List the recipes.

    The numbers are the parameters of the model for 28x28 gray images.

    \b
    Example:  kcnn recipes
    """
    from keras_cnn_course.inspection.functions import list_recipes

    found = list_recipes()
    if as_json:
        rows = [
            {
                "name": recipe.name,
                "summary": recipe.summary,
                "parameters": recipe.stated_parameters,
                "file": str(recipe.path),
                "hyperparameters": recipe.hyperparameters.used() if recipe.hyperparameters else None,
            }
            for recipe in found
        ]
        echo_json(rows)
        return
    width = max(len(recipe.name) for recipe in found)
    for recipe in found:
        parameters = f"{recipe.stated_parameters:,}" if recipe.stated_parameters else ""
        click.echo(wrap(f"{recipe.name:<{width}}  {parameters:>11}  {recipe.summary}", indent=width + 15))
