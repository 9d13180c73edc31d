package dev.gradwire.pass;

import dev.gradwire.tensor.TensorType;
import java.util.List;

/**
 * Where the tensors of a run live. All that share one are interchangeable in memory: renamed plans keep theirs.
 *
 * @param bytes of the one stretch of memory that a run needs
 * @param places by the numbers of slots
 */
public record Memory(long bytes, List<Place> places) {
    public Memory {
        places = List.copyOf(places);
    }

    /** Where the tensor of a slot lives. */
    public sealed interface Place {
        /** An input's, a constant's or a seed's: it is there before the first step. */
        record Given() implements Place {}

        /** At an offset, in bytes, of the run's memory. */
        record Planned(long offset, TensorType type) implements Place {}

        /** In memory of its own, as it leaves the run or the device's memory is not planned. */
        record Own(TensorType type) implements Place {}

        /** In what the caller gives for an output of the plan. */
        record Output(int number) implements Place {}

        /** Where the kernel makes it, or in the storage of what it is a view of. */
        record Made() implements Place {}
    }
}
