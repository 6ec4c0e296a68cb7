package import BeaverQueue
