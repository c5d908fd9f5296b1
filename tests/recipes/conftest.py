from tests.recipes.repository import repository as repository
