package dev.gradwire.kernel;

/**
 * What an instruction of a {@link Group} computes. Elementwise ones mean what ATen's operators of the same names mean
 * for operands of one dtype, NaN, infinities and signed zeros included; reductions go along the columns of one row.
 */
public enum GroupOp {
    /** The number of the instruction. */
    CONSTANT(Kind.SOURCE, 0),
    /** The column, from 0. */
    INDEX(Kind.SOURCE, 0),

    ABS(Kind.MAP, 1),
    NEG(Kind.MAP, 1),
    /** −1, 0 or 1; of NaN 0. */
    SIGN(Kind.MAP, 1),
    FLOOR(Kind.MAP, 1),
    CEIL(Kind.MAP, 1),
    TRUNC(Kind.MAP, 1),
    /** To the nearest integer, halves to even. */
    ROUND(Kind.MAP, 1),
    SQRT(Kind.MAP, 1),
    RSQRT(Kind.MAP, 1),
    RECIPROCAL(Kind.MAP, 1),
    EXP(Kind.MAP, 1),
    EXP2(Kind.MAP, 1),
    EXPM1(Kind.MAP, 1),
    LOG(Kind.MAP, 1),
    LOG2(Kind.MAP, 1),
    LOG10(Kind.MAP, 1),
    LOG1P(Kind.MAP, 1),
    SIN(Kind.MAP, 1),
    COS(Kind.MAP, 1),
    TAN(Kind.MAP, 1),
    ASIN(Kind.MAP, 1),
    ACOS(Kind.MAP, 1),
    ATAN(Kind.MAP, 1),
    SINH(Kind.MAP, 1),
    COSH(Kind.MAP, 1),
    TANH(Kind.MAP, 1),
    ASINH(Kind.MAP, 1),
    ACOSH(Kind.MAP, 1),
    ATANH(Kind.MAP, 1),
    SIGMOID(Kind.MAP, 1),
    ERF(Kind.MAP, 1),
    ERFC(Kind.MAP, 1),
    LGAMMA(Kind.MAP, 1),
    DIGAMMA(Kind.MAP, 1),
    /** Of floating point; the result is bool. */
    ISNAN(Kind.MAP, 1),
    /** Of bool. */
    NOT(Kind.MAP, 1),
    /** To the dtype of the instruction: between floating types rounded, to integers cut off, to bool whether not 0. */
    CAST(Kind.MAP, 1),

    ADD(Kind.MAP, 2),
    SUB(Kind.MAP, 2),
    MUL(Kind.MAP, 2),
    /** Of floating point. */
    DIV(Kind.MAP, 2),
    POW(Kind.MAP, 2),
    /** NaN where either is. */
    MAXIMUM(Kind.MAP, 2),
    MINIMUM(Kind.MAP, 2),
    /** The remainder with the dividend's sign. */
    FMOD(Kind.MAP, 2),
    /** The remainder with the divisor's sign. */
    REMAINDER(Kind.MAP, 2),
    ATAN2(Kind.MAP, 2),
    /** Comparisons: the result is bool. */
    EQ(Kind.MAP, 2),
    NE(Kind.MAP, 2),
    LT(Kind.MAP, 2),
    LE(Kind.MAP, 2),
    GT(Kind.MAP, 2),
    GE(Kind.MAP, 2),
    /** Of bools. */
    AND(Kind.MAP, 2),
    OR(Kind.MAP, 2),
    XOR(Kind.MAP, 2),

    /** The first operand, a bool, chooses the second or the third. */
    WHERE(Kind.MAP, 3),
    /** First times second plus third, rounded once; of floating point. */
    FMA(Kind.MAP, 3),

    SUM(Kind.REDUCE, 1),
    PROD(Kind.REDUCE, 1),
    /** NaN where any element is. */
    MAX(Kind.REDUCE, 1),
    MIN(Kind.REDUCE, 1),
    /** Of bools. */
    ANY(Kind.REDUCE, 1),
    ALL(Kind.REDUCE, 1);

    /** What shape of work it is. */
    public enum Kind {
        SOURCE,
        MAP,
        REDUCE
    }

    private final Kind kind;
    private final int arity;

    GroupOp(Kind kind, int arity) {
        this.kind = kind;
        this.arity = arity;
    }

    public Kind kind() {
        return kind;
    }

    public int arity() {
        return arity;
    }

    public boolean isReduction() {
        return kind == Kind.REDUCE;
    }
}
