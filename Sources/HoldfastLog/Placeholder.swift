// HoldfastLog
