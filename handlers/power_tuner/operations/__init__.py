"""What several steps do: wait for updates, restore the memory size, invoke, clean up, record a failure."""
