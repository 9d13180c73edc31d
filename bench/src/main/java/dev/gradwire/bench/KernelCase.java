package dev.gradwire.bench;

import java.util.List;

/**
 * A kernel that is timed.
 *
 * @param kernel its name in tables
 * @param size of what it computes on, for people
 * @param count what a time is divided by: how many of {@code unit} one run computes
 * @param unit an element, a multiply-add of a product, an operator of a loop
 * @param text a graph in the text form, without derivatives
 * @param ways ours, then libtorch's
 */
record KernelCase(String kernel, String dtype, String size, long count, String unit, String text, List<Way> ways) {
    KernelCase {
        ways = List.copyOf(ways);
    }

    /** By which it is asked for: no two have the same. */
    String id() {
        return kernel + " " + dtype + " " + size;
    }
}
