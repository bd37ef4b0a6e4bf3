"""Reading prepared data sets: into arrays, or image by image as training needs them."""
