// Holdfast
