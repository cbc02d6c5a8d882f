"""`kcnn recipes`: the recipes that ship with the package."""

import json

import click

__all__ = ["command"]


@click.command("recipes")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> None:
    """List the recipes, with the parameters of each on 28x28 grey images.

    \b
    Example:  kcnn recipes
    """
    from keras_cnn_course.catalog.recipes import list_recipes

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
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(recipe.name) for recipe in found)
    for recipe in found:
        parameters = f"{recipe.stated_parameters:,}" if recipe.stated_parameters else ""
        click.echo(f"{recipe.name:<{width}}  {parameters:>11}  {recipe.summary}")
