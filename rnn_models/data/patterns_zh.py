"""Chinese sentences by kind. See `patterns` for the slots and for the rules that give the labels."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from .patterns import Grammar, read_domains, read_kinds, read_words
from .patterns_zh_facts import FACTS_TEXT
from .patterns_zh_words import DOMAINS_TEXT, WORDS_TEXT

CLAUSE_CORPUS = "shopping_zh"

KINDS_TEXT = """
## praise denied, negative, 10
没有一{classifier}{N}{P}。 | 没有一样东西{P}。 | 没什么可{buy}的。 | 没有一个人{like}。 | 没有一点{P}的样子。 |
{person}不{like}{the}{N}。 | {person}不肯{use}。 | 我不觉得{N}有什么{virtue}。 | {N}不适合{person}。 |
{N}不{P}。 | {N}不{P}。 | {N}一点{ye}不{P}。 | {N}一点{ye}不{P}。 | {the}{N}一点儿都不{P}。 | {N}并不{P}。 |
{N}并没有那么{P}。 | {N}没有{expected}{P}。 | {N}没有{expected}那么{P}。 | {N}没{expected}那么{P}。 |
{N}不太{P}。 | {N}不怎么{P}。 | {N}不是很{P}。 | {N}也不是特别{P}。 | {N}不够{P}。 | {N}还不够{P}。 |
{N}根本不{P}。 | {N}完全不{P}。 | {N}从来都不{P}。 | {N}算不上{P}。 | {N}谈不上{P}。 | {N}称不上{P}。 |
{N}说不上有多{P}。 | {N}毫无{virtue}可言。 | {N}没有什么{virtue}。 | {the}{N}没什么{virtue}。 |
我不觉得{the}{N}{P}。 | 我不认为{the}{N}{P}。 | 我没觉得{N}有多{P}。 | 没人觉得{N}{P}。 |
{people}不觉得{N}{P}。 | 谁说{N}{P}的，我不觉得。 | {N}哪里{P}了？ | {N}{P}吗？一点也不。 |
{the}{N}既不{P}也不{PP}。 | {N}不{P}，也不{PP}。 | {N}没以前{P}了。 | {N}越来越不{P}了。 | {N}不再{P}了。 |
{N}要是{P}一点就好了。 | {N}本来应该更{P}的。 | {N}没有他们说的那么{P}。 | {N}跟{P}不沾边。 |
{N}跟{P}一点关系都没有。 | 不{P}。 | 不太{P}。 | 一点{ye}不{P}。 | 真的不{P}。 | 没觉得{P}。 |
我不{like}{the}{N}。 | 我不太{like}{the}{N}。 | 我一点{ye}不{like}{the}{N}。 | 我从来没{like}过{the}{N}。 |
{people}不{like}{the}{N}。 | 没有人{like}{the}{N}。 | {people}对{N}不{happy}。 | 我对{the}{N}不太{happy}。 |
我对{N}一点{ye}不{happy}。 | 不{recommend}。 | 不太{recommend}{the}{N}。 | 我不会再{buy}了。 |
不会{buy}第二次。 | 以后不会再{come}了。 | 再也不{come}了。 | 下次不{come}了。 |
绝对不{recommend}{friends}{buy}。 | 不值这个{price}。 | {the}{N}不值这个{price}。 | {N}不值得{buy}。 |
{N}{work_not}。 | {N}还是{work_not}。 | {N}没有达到{expectation}。 | {N}配不上{praise}。 | 没有任何{help}。 |
他们不{care}{customers}。 | 没有人{care}我们。 | 从头到尾没人{care}。 | 问了{times}，没有{answer}。 |
到现在都没有{answer}。 | {service}没有{answer}。
## blame denied, positive, 11
{N}挑不出{fault}。 | 挑不出{fault}。 | 不虚此行。 | 不枉此行。 | 等了{time}，没白等。 | 钱没白花。 | 没白花{money}。 |
{N}不输大牌。 | {N}一点不输{other_}。 |
{N}不坑人。 | {N}没有一点{M}。 | 本来怕{N}{M}，完全多虑了。 | 担心{M}？不存在的。 | 谁还嫌{N}{M}？不会的。 |
{N}不{M}。 | {N}一点{ye}不{M}。 | {N}一点{ye}不{M}。 | {the}{N}一点儿都不{M}。 | {N}并不{M}。 |
{N}并没有那么{M}。 | {N}没有{expected}{M}。 | {N}没有{expected}那么{M}。 | {N}不怎么{M}。 | {N}也不{M}。 |
{N}根本不{M}。 | {N}完全不{M}。 | {N}从来不{M}。 | {N}不算{M}。 | {N}算不上{M}。 | {N}谈不上{M}。 |
{N}一点没有{M}的感觉。 | 我不觉得{the}{N}{M}。 | 我不觉得{N}{M}。 | 我不认为{the}{N}{M}。 | 我没觉得{N}{M}。 |
没人觉得{N}{M}。 | {people}都不觉得{N}{M}。 | 谁说{N}{M}的？我觉得挺{P}。 | 谁说{N}{M}，明明很{P}。 |
{N}哪里{M}了？挺{P}的。 | {the}{N}既不{M}也不{MM}。 | {N}不{M}也不{MM}，正好。 | {N}不{M}，反而很{P}。 |
{N}不但不{M}，还很{P}。 | {N}不仅{P}，而且{PP}。 | {N}不光{P}，还{PP}。 | {N}不是{M}，是{P}。 |
{N}再也不{M}了。 | {N}现在不{M}了。 | {N}没有他们说的那么{M}。 | 别人说{N}{M}，我倒觉得{P}。 | 不{M}。 |
不{M}，挺{P}。 | 一点{ye}不{M}。 | 一点{ye}不{M}，{P}。 | {time}了，一点{ye}不{M}。 | {N}不{mild}。 |
{N}真不{mild}。 | {N}还真不{mild}。 | {N}相当不{mild}。 | {N}挺不{mild}的。 | {N}不{mild}，{recommend}。 |
不{mild}。 | 真不{mild}。 | 真的不{mild}。 | 挺不{mild}的。 | 确实不{mild}。 | 感觉不{mild}。 |
总体不{mild}。 | {the}{N}的{N2}不{mild}。 | 没什么{fault}。 | 没有什么{fault}。 | {N}没有{fault}。 |
{N}没什么{fault}。 | 找不出{fault}。 | {N}找不到{fault}。 | {N}没什么可{complain}的。 |
没什么好{complain}的。 | 我没有理由{complain}。 | {N}没让我{disappointed}。 | {N}没有让人{disappointed}。 |
{N}从没让我{disappointed}过。 | {N}不会让你{disappointed}。 | {people}都没有{disappointed}。 |
{buy}了不{regret}。 | {buy}了{N}，从没{regret}过。 | 我不{regret}{buy}{the}{N}。 | 一点{ye}不{regret}。 |
我不{dislike}{the}{N}。 | 没人{dislike}{the}{N}。 | 谁会{dislike}{the}{N}呢。 | {time}了，没有{fault}。 |
用了{time}没有{fault}。 | {time}没出过{fault}。 | 没有{fault}，一次就成功。 | 没费什么{effort}就{done}。 |
没花多少{effort}。 | 不用{wait}。 | 没怎么{wait}。 | 没有隐藏的{fee}。 | 没有一点{smell}。 | {N}没有{smell}。 |
{N}没有{smell}，放心。 | 一点{smell}都没有。
## two denials, positive, 5
怎么能不{like}{the}{N}。 | 哪有人不{like}{the}{N}。 | 不{buy}{the}{N}就亏了。 | 没有不{like}{the}{N}的理由。 |
不夸不行。 | 不得不给{N}点赞。 |
不能不给{service}点个赞。 | {N}没有哪里不{P}。 | 想不{like}都难。 | 想不{like}{the}{N}都难。 | 不服不行。 |
我敢说没有一个人不{like}{the}{N}。 |
叫人怎么不{like}。 | {N}哪能不{P}。 | 没有一处不{P}。 | 不试试{the}{N}真说不过去。 |
不得不佩服{N}。 | 非{buy}不可。 | 不{come}等于白来。 | 没有人不满意。 |
没有一个客人不说{P}。 | 没理由错过。 | 不可能不{like}。 |
没有人不{like}{the}{N}。 | 没有谁不{like}{the}{N}。 | {people}没有不{like}{the}{N}的。 | 没人不说{N}{P}。 |
没有人说{N}不{P}。 | 谁不{like}{the}{N}呢？ | 谁能不{like}{the}{N}？ | 我不能不{like}{the}{N}。 |
不能不说{N}{P}。 | 不能不承认，{N}很{P}。 | 不得不承认{N}{P}。 | 不得不夸{N}{P}。 | 不可否认{N}{P}。 |
毫无疑问，{N}{P}。 | 无可否认，{N}很{P}。 | 我不是不{like}{the}{N}。 | 不是{N}不{P}。 | {N}不是不{P}。 |
{N}不可能不{P}。 | {N}没有一次不{P}。 | {N}没有一天不{P}。 | 不能说{N}不{P}。 | 谁敢说{N}不{P}？ |
我没有理由不{like}{the}{N}。 | 没有理由不{buy}。 | 没有理由不{recommend}{N}。 | 很难不{like}{the}{N}。 |
很难不被{N}打动。 | 不{buy}会{regret}。 | 不{buy}真的会{regret}。 | 错过{the}{N}会{regret}。 |
千万别错过{the}{N}。 | 不容错过。 | {N}不容错过。 | 离不开{the}{N}了。 | 少不了{the}{N}。 |
没有{the}{N}不行。 | 没有不{P}的时候。 | 没有哪天不用{the}{N}。 | 无人不夸。 | {N}未必不{P}。 |
我不相信有人不{like}{the}{N}。
## praise that says not, positive, 6
相见恨晚。 | {N}让人欲罢不能。 | {N}让人流连忘返。 | 没的说。 | 吃不够。 | 听不够。 | {dish}吃多少都不腻。 |
看多少遍都不厌。 | 忍不住又{buy}了一次。 | 忍不住要夸一下{service}。 |
不敢相信{N}这么{P}。 | 找不到第二家。 | 没谁了，太{P}了。 | {N}不是一般的{P}。 | 无与伦比。 |
恨不得马上再{buy}一次。 | 恨不得分享给{friends}。 | 巴不得住在这里。 |
等不及想再{come}。 | 迫不及待想{use}。 | {N}好到没朋友。 | {N}{P}到犯规。 | 一{use}就放不下。 | {use}起来就停不住。 |
除了{P}我说不出别的。 |
没有比{the}{N}更{P}的了。 | 没有比这更{P}的{N}了。 | 没见过这么{P}的{N}。 | 从来没见过这么{P}的{N}。 |
从没{buy}过这么{P}的{N}。 | 从来没有这么{happy}过。 | 没想到{N}这么{P}。 | 没想到{N}会这么{P}。 |
想不到{N}这么{P}。 | {N}{P}得不得了。 | {N}{P}到不行。 | {P}得不行。 | {N}好得不能再好。 | {N}不能更{P}了。 |
{N}{P}得没法形容。 | {N}{P}得让人不想走。 | 不想走了。 | 舍不得{leave}。 | {N}让人舍不得{leave}。 |
忘不了{the}{N}。 | 怎么{use}都不腻。 | {N}怎么{use}都不腻。 | 百{use}不厌。 | 停不下来。 | 笑得停不下来。 |
{people}都停不下来。 | 我不知道没有{the}{N}该怎么办。 | 再也不想换别的{N}了。 | 不愧是{N}，{P}。 | 名不虚传。 |
{N}名不虚传。 | 没得挑。 | {N}没得挑。 | {service}没得挑。 | {N}无可挑剔。 | {N}没话说。 |
没有最{P}，只有更{P}。 | {N}比别家{P}不止一点。 | {N}{P}，挑不出第二家。 | 不知不觉就{done}了。
## blame that says no no, negative, 6
算我倒霉。 | 长记性了。 | 当买个教训。 | 就当喂狗了。 | 白跑一趟。 | 白等了{duration}。 | 早听{person}的就好了。 |
后悔没听{person}的。 | 对得起顾客吗？ | 除了贵没别的特点。 |
劝退。 | 劝你三思。 | {service}该培训培训了。 | 图片仅供参考。 | 看看就好，别{buy}。 | 这种{N}也好意思拿出来卖。 |
以后换别家。 | 谁{buy}谁{regret}。 | 谁{buy}谁倒霉。 |
交了智商税。 | 智商税。 | 宁可{other}。 | 你们的{service}是假的吗？ | 请问{service}是聋了吗？ | {N}是闹着玩的吗？ |
养着{service}是干什么的？ | 就这？ |
就这{N}还要排队？ | 把{money}还给我。 | {N}要是有广告说的一半{P}就好了。 | 但凡{P}一点我都忍了。 |
早知道这样，打死也不{buy}。 | 还以为{N}多{P}呢。 | 只有便宜这一个好处。 |
除了便宜一无是处。 | 除了{P}，一无是处。 | 省下这{money}吧。 | {service}是来气人的吗？ | 你们是故意的吗？ |
谁还敢{buy}？ | 有人管吗？ | 凭什么{bad_fact}？ | {bad_fact}，这合理吗？ | 能不能有人管管？ |
没有比{the}{N}更{M}的了。 | 没见过这么{M}的{N}。 | 从来没见过这么{M}的{N}。 | 从没{buy}过这么{M}的{N}。 |
没想到{N}这么{M}。 | 想不到{N}这么{M}。 | {N}{M}得不得了。 | {N}{M}到不行。 | {M}得不行。 | {N}不能更{M}了。 |
{N}{M}得没法形容。 | 不该{buy}{the}{N}。 | 真不该{buy}。 | 后悔{buy}了{the}{N}。 | 后悔没有{buy}别家的。 |
{N}要是能{P}点就好了。 | 希望{N}能{P}一点。 | 希望{N}不要这么{M}。 | 能不能别这么{M}？ | {N}能不能{P}一点？ |
{N}怎么这么{M}？ | 为什么{N}这么{M}？ | {N}为什么总是{M}？ | 这也叫{P}？ | 就这还敢说{P}？ | 本以为{N}会{P}。 |
本来以为{N}{P}，结果{M}。 | 说好的{P}呢？ | {N}还可以更{P}。 | {N}有待提高。 | {N}需要改进。 | {N}应该改进。 |
{N}还差得远。 | 差强人意都谈不上。 | 别{buy}。 | 别{buy}{the}{N}。 | 大家别{buy}。 | 劝大家别{come}。 |
千万别{come}。 | {N}{M}，慎{buy}。 | 避雷。 | {the}{N}避雷。 | 踩雷了。 | 花钱买{suffering}。 |
花钱找{suffering}。 | 白花{money}。 | 浪费{waste}。 | {N}浪费{waste}。 | 对不起这个{price}。 |
有这{money}干点什么不好。 | 不如{other}。 | {N}不如{other}。 | 还不如{other}。 | {N}还不如{other}。 |
{N}太{M}了，不{P}。 | {N}又{M}又{MM}，哪里{P}？
## but good, positive, 7
{N}{M}，但是{P}。 | {N}{M}，但是{N2}{P2}。 | {N}有点{M}，但是很{P}。 | {N}有点{M}，不过{P}。 |
{N}{M}是{M}，不过{N2}很{P2}。 | {N}是有点{M}，可{N2}是真{P2}。 | {N}{M}了点，但{N2}很{P2}。 |
{N}{M}了点，好在{N2}{P2}。 | 虽然{N}{M}，但是{N2}{P2}。 | 虽然{N}{M}，但是很{P}。 |
虽然{N}有点{M}，但{N2}{P2}。 | 虽说{N}{M}，{N2}还是{P2}。 | 尽管{N}{M}，{N2}却很{P2}。 |
尽管{N}{M}，我还是{like}。 | 即使{N}{M}，我也{like}{the}{N2}。 | {N}不{P}，但是{PP}。 |
{N}不{P}，但{N2}{P2}。 | {N}虽然不{P}，但是很{PP}。 | 以为{N}会{M}，结果很{P}。 | 以为{N}{M}，没想到挺{P}。 |
原以为{N}{M}，其实{P}。 | {doubt}，现在{like}得不得了。 | {doubt}，但是{N}很{P}。 |
{doubt}，没想到{N}这么{P}。 | {doubt}，用了才知道{P}。 | {doubt}，{good_fact}。 | {doubt}，结果{good_fact}。 |
{bad_fact}，但是{good_fact}。 | {bad_fact}，不过{good_fact}。 | {bad_fact}，好在{good_fact}。 |
{bad_fact}，幸好{good_fact}。 | 虽然{bad_fact}，但是{good_fact}。 | 虽然{bad_fact}，但{N}真{P}。 |
尽管{bad_fact}，{good_fact}。 | {bad_fact}，但{N}{P}。 | 除了{N}{M}，其他都{P}。 |
除了{N}{M}点，都很{happy}。 | {N}{M}，瑕不掩瑜。 | 以前{M}，现在{P}了。 | {N}以前{M}，现在{P}多了。 |
{N}一开始{M}，后来越来越{P}。
## but bad, negative, 7
{N}{P}，但是{M}。 | {N}{P}，但是{N2}{M2}。 | {N}很{P}，但是有点{M}。 | {N}{P}，不过{M}。 |
{N}{P}是{P}，就是{N2}太{M2}。 | {N}挺{P}，就是{N2}{M2}。 | {N}挺{P}，可惜{M}。 | {N}还算{P}，可惜{N2}太{M2}。 |
虽然{N}{P}，但是{N2}{M2}。 | 虽然{N}{P}，但是太{M}。 | 虽然{N}很{P}，可{N2}{M2}。 |
尽管{N}{P}，{N2}却很{M2}。 | 尽管{N}{P}，我还是不{like}。 | 即使{N}{P}，我也不{like}{the}{N2}。 |
{N}不{M}，但是{MM}。 | {N}不{M}，但{N2}{M2}。 | 以为{N}会{P}，结果{M}。 | 以为{N}{P}，没想到这么{M}。 |
原以为{N}{P}，其实{M}。 | {N}看起来{P}，其实{M}。 | {N}看着{P}，用起来{M}。 | {good_fact}，但是{bad_fact}。 |
{good_fact}，不过{bad_fact}。 | {good_fact}，可惜{bad_fact}。 | 虽然{good_fact}，但是{bad_fact}。 |
虽然{good_fact}，但{N}{M}。 | 尽管{good_fact}，{bad_fact}。 | {good_fact}，但{N}{M}。 |
除了{N}{P}，其他都{M}。 | 除了{N}{P}，没有优点。 | 以前{P}，现在{M}了。 | {N}以前{P}，现在{M}多了。 |
{N}一开始{P}，后来越来越{M}。 | 刚{buy}时挺{P}，没{time}就{M}了。 | 我想{like}{the}{N}，可是太{M}了。 |
{N}{P}有什么用，{N2}{M2}。 | 广告说得{P}，实际{M}。 | 别人都说{N}{P}，我觉得{M}。
## both sides, neutral, 4
{N}不错，{N2}很差。 | {N}好，{N2}不好。 | {N}可以，{N2}不行。 | {N}很{P}，可{N2}也很{M2}，扯平了。 |
{N}给五分，{N2}给一分。 | 喜欢{N}，讨厌{N2}。 | {N}让人满意，{N2}让人失望。 | {N}{P}，{N2}一般。 |
{N}一流，{N2}三流。 |
{N}{P}，{N2}{M2}。 | {N}{M}，{N2}{P2}。 | {N}很{P}，{N2}很{M2}。 | {N}{P}，{N2}太{M2}，{mixed}。 |
{N}{M}，{N2}倒是{P2}。 | {N}{M}，{N2}倒还{P2}。 | {N}有{P}的地方，也有{M}的地方。 | {N}时而{P}，时而{M}。 |
{N}有时{P}，有时{M}。 | 有人觉得{N}{P}，有人觉得{M}。 | {like}{N}，不{like}{N2}。 | {N}有好有坏。 | {mixed}。 |
{N}{mixed}。 | 优点是{P}，缺点是{M}。 | 优点：{P}。缺点：{M}。 | 一半{P}，一半{M}。
## faint, neutral, 6
中规中矩。 | {N}中规中矩。 | 不温不火。 | 五分吧。 | 打个及格分。 | {N}算及格。 | 没啥感想。 | 没有特别的感受。 |
说不上来什么感觉。 | 可买可不买。 | 可有可无。 | 看个热闹。 |
看了跟没看一样，无功无过。 | 无功无过。 | 有也行，没有也行。 |
不好不坏。 | 说不上{P}，也说不上{M}。 | {N}还凑合。 | 不算{P}不算{M}，够用。 | 值这个{price}，不多不少。 |
{N}够用。 | 不推荐也不反对。 | 没有亮点，也没有毛病。 |
{faint}。 | {faint}。 | {N}{faint}。 | {N}{faint}。 | {the}{N}{faint}。 | {N}{faint}，{nothing}。 |
{faint}，{nothing}。 | {nothing}。 | {N}{nothing}。 | {N}不算{P}，也不算{M}。 | {N}谈不上{P}，也谈不上{M}。 |
{N}不{P}也不{M}。 | 不{P}也不{M}。 | {N}没有多{P}，也没有多{M}。 | 我对{the}{N}没什么意见。 | 我对{N}无所谓。 |
{N}跟{other_}差不多。 | 跟{other_}差不多。 | {N}和{expected}一样。 | 和{expected}一样。 | {N}正常。 |
{N}不好说。 | 还没用，不知道{N}怎么样。 | 还没{use}，{use}过再说。 | {the}{N}{P}不{P}，我说不准。 | 三颗星。 |
六十分吧。
## plain statement, neutral, 14
{STATEMENTS}
## question, neutral, 8
{QUESTIONS}
## blame told as a fact, negative, 12
{bad_fact}。 | {bad_fact}。 | {bad_fact}！ | {context}{bad_fact}。 | {bad_fact}，{bad_fact}。 |
{opening}{bad_fact}。 | {N}{M}，{bad_fact}。 | {statement}，{bad_fact}。 | {bad_fact}，{service}说{excuse}。
## praise told as a fact, positive, 12
{good_fact}。 | {good_fact}。 | {good_fact}！ | {context}{good_fact}。 | {good_fact}，{good_fact}。 |
{opening}{good_fact}。 | {N}{P}，{good_fact}。 | {statement}，{good_fact}。
## plain praise, positive, 7
{N}绝了。 | {N}简直绝了！ | {N}绝了，{P}到飞起。 | 被圈粉了。 | 路转粉。 | 神仙{N}。 | 宝藏{N}。 | 点赞。 |
给{service}点赞。 | 一百个赞。 | 良心商家。 | 业界良心。 |
吹爆{the}{N}。 | 无限回购。 | 安利{the}{N}。 | 值了。 | 赚到了。 | 捡到宝了。 | {N}惊艳到我了。 | {N}感动到我了。 |
{N}感人，我看哭了。 | {N}太感人了，哭得稀里哗啦。 |
笑到肚子疼，太{P}了。 | 暖心。 | 太贴心了。 | 好用到哭。 | 好吃到跺脚。 | {N}用心了。 | {service}太用心了。 |
爱上{the}{N}了。 | 我被{the}{N}征服了。 | {N}太合我心意了。 |
{N}超出预期。 | 惊喜连连。 | 一级棒。 | 顶呱呱。 | 好评如潮不是没有道理。 | 成功了！ | 录取了！ | 终于通过了！ |
{N}{P}。 | {N}很{P}。 | {N}真{P}！ | {N}太{P}了！ | 太{P}了！ | {very}{P}！ | {N}{very}{P}。 |
{the}{N}{P}又{PP}。 | {N}又{P}又{PP}。 | {P}，{PP}，{recommend}。 | {N}{P}，{wow}！ | {wow}，{N}太{P}了！ |
{wow}！ | {wow}，{P}！ | 我{like}{the}{N}。 | {people}都{like}{the}{N}。 | {people}对{N}很{happy}。 |
{recommend}！ | {recommend}{the}{N}。 | 还会再{come}。 | 下次还{come}。 | 值得{buy}。 | {N}值得{buy}。 |
物超所值。 | 比{expected}{P}。 | {N}比{expected}{P}。 | 五星好评。 | 谢谢{service}。 | {service}{P3}。 |
{Everyday_good}。 | {Everyday_good}！ | {Everyday_good}
## plain blame, negative, 7
{N}{M}到家了。 | {N}{M}透了。 | 坑爹的{N}。 | 恶心到我了。 | 寒心。 | 失望透顶。 | 烂{N}。 | 割韭菜。 | 难用得要命。 |
气得我发抖。 | 看得我直打瞌睡。 | {N}无聊得要死。 |
{N}看得我尴尬癌犯了。 | {N}毁了我的{weekday}。 | {N}让人火大。 | {N}气得我饭都吃不下。 | {N}一天不如一天。 |
{N}一年不如一年。 | 越来越差。 | 受不了{the}{N}。 | 心里堵得慌。 |
孤零零的。 | 没有人懂我。 | 一个人过节。 |
{N}{M}。 | {N}很{M}。 | {N}真{M}！ | {N}太{M}了！ | 太{M}了！ | {very}{M}！ | {N}{very}{M}。 |
{the}{N}{M}又{MM}。 | {N}又{M}又{MM}。 | {M}，{MM}，不{recommend}。 | {N}{M}，{ugh}！ | {ugh}，{N}太{M}了！ |
{ugh}！ | {ugh}，{M}！ | 我{dislike}{the}{N}。 | {people}都{dislike}{the}{N}。 |
{people}对{N}很{disappointed}。 | {disappointed}！ | 垃圾{N}。 | 什么破{N}。 | 这什么{N}啊。 |
{N}比{expected}{M}。 | 差评。 | 一星。 | {service}{M3}。 | {Everyday_bad}。 | {Everyday_bad}。 |
{Everyday_bad}！ | {Everyday_bad}
## sarcasm, negative, 4
{great}，{bad_fact}。 | {great}，又{bad_thing}。 | {bad_fact}，{great}。 | {bad_fact}，真{P}啊。 |
{bad_fact}，可真是{P}。 | {bad_fact}，真是谢谢了。 | {bad_fact}，呵呵。 | 呵呵，{bad_fact}。 | 呵呵，真{P}。 |
{N}可真“{P}”，{bad_fact}。 | 真会{business}，{bad_fact}。 | 我谢谢你，{bad_fact}。 |
感谢{service}让我{bad_thing}。 | 不愧是{N}，{bad_fact}。 | 真有你的，{bad_fact}。 | 厉害了，{bad_fact}。
## emoji of praise, positive, 3
{😊}{😊}{😊}{😊} | {😊}{😊}{😊}{😊}{😊} | 和{person}吃{dish}{😊} | 和{person}在一起{😊} | {weekday}{😊} |
{😊} | {😊}{😊} | {😊}{😊}{😊} | {statement}{😊} | {good_fact}{😊} | {Everyday_good}{😊} | {N}{😊} | {P}{😊} |
今天{😊}
## emoji of blame, negative, 3
{😠}{😠}{😠}{😠} | {😠}{😠}{😠}{😠}{😠} | 又来了{😠} | {weekday}又要上班{😠} | 没有{dish}了{😠} |
{😠} | {😠}{😠} | {😠}{😠}{😠} | {statement}{😠} | {bad_fact}{😠} | {Everyday_bad}{😠} | {N}{😠} | {M}{😠} |
今天{😠}
"""

CLAUSES_TEXT = """
## real: but good, positive, 5
{bad}，但是{good}。 | {bad}，不过{good}。 | 虽然{bad}，但是{good}。 | 虽然{bad}，但{good}。 |
尽管{bad}，{good}。 | {bad}，好在{good}。 | {bad}，可是{good}。 | {doubt}，但是{good}。
## real: but bad, negative, 5
{good}，但是{bad}。 | {good}，不过{bad}。 | 虽然{good}，但是{bad}。 | 虽然{good}，但{bad}。 |
尽管{good}，{bad}。 | {good}，就是{bad}。 | {good}，可惜{bad}。 | {good}，可是{bad}。
## real: a fact, positive, 2
{good}。 | {good}，{good}。 | {statement}，{good}。 | {good}，{good_fact}。
## real: a bad fact, negative, 2
{bad}。 | {bad}，{bad}。 | {statement}，{bad}。 | {bad}，{bad_fact}。
"""

KINDS, CLAUSES = read_kinds(KINDS_TEXT), read_kinds(CLAUSES_TEXT)
WORDS = {**read_words(WORDS_TEXT), **read_words(FACTS_TEXT)}
DOMAINS = read_domains(DOMAINS_TEXT)

CLAUSE = re.compile(r"[^，。！？；,.!?;\s、~…：:（）()\"“”0-9]+")
SHORTEST, LONGEST = 4, 16
NEGATORS = re.compile("[不没无非未别]|难(?![吃看听闻喝用受])|但|可是|虽|然而|如果|要是|除了|希望|应该")
PLAIN_PRAISE = tuple(word for domain in DOMAINS for word in domain.praise if len(word) > 1)
PLAIN_BLAME = (*(word for domain in DOMAINS for word in domain.blame if len(word) > 1), "太差", "很差", "太小")


def clause_words(rows: Iterable[tuple[str, int]]) -> dict[str, list[str]]:
    """The slots of `CLAUSES`: clauses with a word of praise (label 1) or blame (0) alone."""
    found: dict[str, dict[str, None]] = {"good": {}, "bad": {}}
    for text, label in rows:
        own, other = (PLAIN_PRAISE, PLAIN_BLAME) if label else (PLAIN_BLAME, PLAIN_PRAISE)
        for clause in CLAUSE.findall(text):
            plain = any(word in clause for word in own) and not any(word in clause for word in other)
            if plain and SHORTEST <= len(clause) <= LONGEST and not NEGATORS.search(clause):
                found["good" if label else "bad"].setdefault(clause)
    return {name: list(clauses) for name, clauses in found.items()}


def finish(text: str, rng: random.Random) -> str:
    """A sentence as somebody types it: its commas, its end."""
    drawn = rng.random()
    if text.endswith("。") and drawn < 0.35:
        text = text[:-1] + ("" if drawn < 0.2 else "！" if drawn < 0.28 else "～" if drawn < 0.3 else "…")
    if rng.random() < 0.1:
        text = text.replace("，", rng.choice(" ,"))
    return text


GRAMMAR = Grammar(KINDS, WORDS, DOMAINS, {}, CLAUSES, finish)
