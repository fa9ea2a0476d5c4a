// HoldfastText
