package dev.gradwire.kernel.vector;

/**
 * The order in which elements are reduced. Whatever runs a group follows it to the letter, so that a result does not
 * depend on the length of vectors, on the number of threads, on the size of tiles or on what ran the group.
 *
 * <p><b>Many elements to one number</b> (a reduction along the columns of a row, with its columns as elements):
 *
 * <ol>
 *   <li>The elements are cut, in order, into chunks of {@value #CHUNK}; the last may be shorter.
 *   <li>In each chunk, {@value #LANES} lanes start as the identity of the operation, and element <i>i</i> of the chunk is
 *       combined into lane <i>i</i> mod {@value #LANES}, one after the other: lane = lane ∘ element.
 *   <li>At the chunk's end lanes are folded: lane <i>j</i> = lane <i>j</i> ∘ lane <i>j</i> + 32 for <i>j</i> &lt; 32,
 *       then so with 16, 8, 4, 2 and 1. Lane 0 is the chunk's result.
 *   <li>The chunks' results are combined in order: total = total ∘ result, starting with the first chunk's.
 * </ol>
 *
 * <p>A lane that no element reached holds the identity, and so changes nothing; for a chunk of at most 2<sup>k</sup>
 * elements the fold may start at 2<sup>k−1</sup>.
 *
 * <p><b>Over the rows</b> ({@link dev.gradwire.kernel.Group.Write#overRows}): rows are cut, in order, into blocks of
 * {@link #blockRows}; the last may be shorter.
 *
 * <ul>
 *   <li>A value at places has one number for each column in each block, which starts as the identity; rows are combined
 *       into it one after the other. The blocks' numbers are combined in order, starting with the first block's.
 *   <li>A value that stands once for a row, and any value where there is one column, is reduced in each block as many
 *       elements to one number, with the block's rows as elements (a block is one chunk at most). The blocks' results
 *       are combined in order, starting with the first block's.
 * </ul>
 *
 * <p>Nothing is contracted: a product that is added is rounded first. Accumulators have the value's dtype, float32 for
 * float16 and bfloat16 values; the latter are rounded once, as the result is stored. Identities: SUM 0, PROD 1, MAX the
 * least value of the dtype (−∞ where there is one), MIN the greatest, ANY false, ALL true. MAX and MIN are NaN where any
 * element is, and +0 is greater than −0.
 */
final class ReductionOrder {
    /** Elements in a chunk. */
    static final int CHUNK = 4096;

    /** Elements that are accumulated side by side. */
    static final int LANES = 64;

    /** The least number of rows in a block (but for the last block): what a block's partial results cost stays small. */
    private static final int MIN_BLOCK_ROWS = 64;

    /** About how many places a block has. */
    private static final int BLOCK_PLACES = 1 << 16;

    private ReductionOrder() {}

    /** How many rows are reduced one after the other: a power of two from 64 to 4,096. */
    static int blockRows(long columns) {
        long rows = Math.clamp(BLOCK_PLACES / columns, MIN_BLOCK_ROWS, CHUNK);
        return (int) Long.highestOneBit(rows);
    }

    /** How many chunks this many elements make. */
    static int chunks(long elements) {
        return Math.toIntExact((elements + CHUNK - 1) / CHUNK);
    }
}
