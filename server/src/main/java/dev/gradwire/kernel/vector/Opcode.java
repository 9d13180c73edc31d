package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.GroupOp;

/** The instructions of {@link TileCode} as numbers, for the interpreter to branch on. */
final class Opcode {
    static final int ADD = 0;
    static final int SUB = 1;
    static final int MUL = 2;
    static final int DIV = 3;
    static final int MAXIMUM = 4;
    static final int MINIMUM = 5;
    static final int ABS = 6;
    static final int NEG = 7;
    static final int SQRT = 8;
    static final int RECIPROCAL = 9;
    static final int FMA = 10;
    static final int WHERE = 11;
    static final int EQ = 12;
    static final int NE = 13;
    static final int LT = 14;
    static final int LE = 15;
    static final int GT = 16;
    static final int GE = 17;
    static final int AND = 18;
    static final int OR = 19;
    static final int XOR = 20;
    static final int NOT = 21;
    static final int SIGN = 22;
    static final int ISNAN = 23;

    /** From here on, the ordinal of the operation is added: what the interpreter looks up in a table. */
    static final int FUNCTION = 32;

    /** How elements are combined by a reduction. */
    static final int SUM = 0;

    static final int PROD = 1;
    static final int MAX = 2;
    static final int MIN = 3;

    private Opcode() {}

    static int of(GroupOp op) {
        return switch (op) {
            case ADD -> ADD;
            case SUB -> SUB;
            case MUL -> MUL;
            case DIV -> DIV;
            case MAXIMUM -> MAXIMUM;
            case MINIMUM -> MINIMUM;
            case ABS -> ABS;
            case NEG -> NEG;
            case SQRT -> SQRT;
            case RECIPROCAL -> RECIPROCAL;
            case FMA -> FMA;
            case WHERE -> WHERE;
            case EQ -> EQ;
            case NE -> NE;
            case LT -> LT;
            case LE -> LE;
            case GT -> GT;
            case GE -> GE;
            case AND -> AND;
            case OR -> OR;
            case XOR -> XOR;
            case NOT -> NOT;
            case SIGN -> SIGN;
            case ISNAN -> ISNAN;
            default -> FUNCTION + number(op);
        };
    }

    /** The place of an operation in tables. */
    @SuppressWarnings("EnumOrdinal") // tables of this process
    static int number(GroupOp op) {
        return op.ordinal();
    }

    /** ANY and ALL are the greatest and the least of bools. */
    static int ofReduction(GroupOp op) {
        return switch (op) {
            case SUM -> SUM;
            case PROD -> PROD;
            case MAX, ANY -> MAX;
            case MIN, ALL -> MIN;
            default -> throw new IllegalArgumentException(op.name());
        };
    }
}
