package dev.gradwire.op;

import dev.gradwire.graph.Call;
import java.util.BitSet;

/**
 * How derivatives pass through an operator with functions. Operands are counted over all parameters with a derivative,
 * in the order of the schema.
 */
public interface Flow {
    /** The results that depend differentiably on one of these operands. */
    BitSet results(Call call, BitSet operands, Dependence of);

    /** The operands on which one of these results depends differentiably. */
    BitSet operands(Call call, BitSet results, Dependence of);
}
