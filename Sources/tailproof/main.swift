// The program: hands its arguments to the table of commands and ends with the code it returns.
import Agent
import CLinux
import Glibc

tp_reserve_standard_streams()
tp_single_arena()
exit(CommandTable.tailproof.run().rawValue)
